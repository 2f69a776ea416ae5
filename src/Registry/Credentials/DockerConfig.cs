using System.Text;
using System.Text.Json;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Credentials;

/// <summary>
/// The part of a docker config file that holds credentials: <c>{"auths":{"host":{"auth":"…"}}}</c>. An entry has <c>auth</c> (base64 of
/// "user:password", the user ending at the first ":"), or <c>username</c> and <c>password</c>, or <c>identitytoken</c>, or
/// <c>registrytoken</c>; an entry with none of them is passed over.
/// </summary>
public sealed class DockerConfig
{
    private readonly Dictionary<string, RegistryCredential> _bySpelling;
    private readonly Dictionary<string, RegistryCredential> _byHost = new(StringComparer.Ordinal);

    private DockerConfig(Dictionary<string, RegistryCredential> bySpelling)
    {
        _bySpelling = bySpelling;
        foreach (var (spelling, credential) in bySpelling)
        {
            _byHost.TryAdd(RegistryHost.Normalise(spelling), credential);
        }
    }

    /// <summary>The hosts with a credential, each once, normalised as <see cref="RegistryHost.Normalise"/> does it.</summary>
    public IReadOnlyCollection<string> Hosts => _byHost.Keys;

    /// <summary>Reads a docker config.</summary>
    /// <exception cref="CredentialsException">It is not JSON of that form; the message names the entry, never its value.</exception>
    public static DockerConfig Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return new DockerConfig(ReadEntries(document.RootElement));
        }
        catch (JsonException e)
        {
            // The parser's own text may quote the document.
            throw new CredentialsException($"it is not JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})");
        }
        catch (InvalidOperationException)
        {
            throw new CredentialsException("it has text that is not UTF-8");
        }
    }

    /// <summary>The credential for <paramref name="host"/>: the entry spelled so, else the first whose normalised host is the same; null when there is none.</summary>
    public RegistryCredential? Find(string host) =>
        _bySpelling.TryGetValue(host, out var credential) ? credential : _byHost.GetValueOrDefault(RegistryHost.Normalise(host));

    private static Dictionary<string, RegistryCredential> ReadEntries(JsonElement root)
    {
        var entries = new Dictionary<string, RegistryCredential>(StringComparer.Ordinal);
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new CredentialsException("it is not a JSON object");
        }

        if (!root.TryGetProperty("auths", out var auths) || auths.ValueKind == JsonValueKind.Null)
        {
            return entries;
        }

        if (auths.ValueKind != JsonValueKind.Object)
        {
            throw new CredentialsException("\"auths\" is not a JSON object");
        }

        foreach (var entry in auths.EnumerateObject())
        {
            if (ReadEntry(entry) is { } credential)
            {
                entries[entry.Name] = credential;
            }
        }

        return entries;
    }

    private static RegistryCredential? ReadEntry(JsonProperty entry)
    {
        if (entry.Value.ValueKind != JsonValueKind.Object)
        {
            throw new CredentialsException($"auths[\"{Shown.Text(entry.Name)}\"] is not a JSON object");
        }

        var (username, password) = (Text(entry, "username"), Text(entry, "password"));
        if (Text(entry, "auth") is { } auth)
        {
            (username, password) = Decode(auth) ?? throw new CredentialsException(
                $"auths[\"{Shown.Text(entry.Name)}\"].auth is not base64 of \"user:password\"");
        }

        var credential = new RegistryCredential
        {
            Username = username,
            Password = password,
            IdentityToken = Text(entry, "identitytoken"),
            RegistryToken = Text(entry, "registrytoken"),
        };
        return credential == new RegistryCredential() ? null : credential;
    }

    private static string? Text(JsonProperty entry, string name) =>
        !entry.Value.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind != JsonValueKind.String ? throw new CredentialsException($"auths[\"{Shown.Text(entry.Name)}\"].{name} is not a string")
        : value.GetString() is { Length: > 0 } text ? text : null;

    private static (string Username, string Password)? Decode(string auth)
    {
        var bytes = new byte[auth.Length];
        if (!Convert.TryFromBase64String(auth, bytes, out var length))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(bytes, 0, length);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        // Old docker clients padded the password with zero bytes.
        return colon < 0 ? null : (text[..colon], text[(colon + 1)..].Trim('\0'));
    }
}
