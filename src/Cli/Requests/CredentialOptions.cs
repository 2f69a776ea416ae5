using System.CommandLine;
using System.Text.Json;
using ImageBuilder.Contracts;

namespace ImageBuilder.Cli.Requests;

/// <summary>The options that say which registry credentials a request may use.</summary>
internal sealed class CredentialOptions
{
    private readonly Option<bool> _allowAll = new("--allow-all") { Description = "Lets the request use every registry credential of the installation." };

    private readonly Option<FileInfo> _authFile = new("--auth-file")
    {
        Description = "A docker config file whose registry credentials go with the request.",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_allowAll);
        command.Options.Add(_authFile.AcceptExistingOnly());
    }

    /// <exception cref="InvalidDataException">The docker config file cannot be read as one.</exception>
    public BuildRegistryAuth Read(ParseResult parsed)
    {
        var auth = parsed.GetValue(_allowAll)
            ? new BuildRegistryAuth { Total = new BuildRegistryAuthTotal { AllowAll = true } }
            : new BuildRegistryAuth { Selective = new BuildRegistryAuthSelective() };
        if (parsed.GetValue(_authFile) is { } file)
        {
            foreach (var (host, credential) in ReadDockerConfig(file))
            {
                auth.Additional.Add(host, credential);
            }
        }

        return auth;
    }

    // {"auths": {"<host>": {"auth": "<base64 of user:password>"}}}; entries without "auth" live in a credential helper.
    private static List<KeyValuePair<string, string>> ReadDockerConfig(FileInfo file)
    {
        try
        {
            using var stream = file.OpenRead();
            using var config = JsonDocument.Parse(stream);
            var credentials = new List<KeyValuePair<string, string>>();
            if (config.RootElement.TryGetProperty("auths", out var auths))
            {
                foreach (var entry in auths.EnumerateObject())
                {
                    if (entry.Value.TryGetProperty("auth", out var auth) && auth.GetString() is { Length: > 0 } credential)
                    {
                        credentials.Add(new(entry.Name, credential));
                    }
                }
            }

            return credentials;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"--auth-file {file.FullName} is not a docker config file: it must be like {{\"auths\": {{\"registry.example.com\": {{\"auth\": \"…\"}}}}}}", exception);
        }
    }
}
