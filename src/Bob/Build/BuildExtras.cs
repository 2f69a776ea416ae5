using System.Text.Json;
using System.Text.RegularExpressions;
using ImageBuilder.Bob.Commands;

namespace ImageBuilder.Bob.Build;

/// <summary>What a build may be given beside its Dockerfile.</summary>
internal sealed partial record BuildExtras
{
    /// <summary>How long a JSON object of arguments or labels may be, in characters.</summary>
    public const int MaximumJson = 64 << 10;

    /// <summary>Nothing.</summary>
    public static BuildExtras None { get; } = new();

    /// <summary>Build arguments. They are no secrets: the image's history shows them.</summary>
    public IReadOnlyDictionary<string, string> Arguments { get; init; } = new Dictionary<string, string>();

    /// <summary>Labels that the image gets.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The stage that is built; default empty: the last.</summary>
    public string Stage { get; init; } = string.Empty;

    /// <summary>The platform that is built for, "os/architecture[/variant]"; default empty: this machine's.</summary>
    public string Platform { get; init; } = string.Empty;

    /// <summary>The secrets that steps may mount.</summary>
    public BuildSecretFiles Secrets { get; init; } = BuildSecretFiles.None;

    /// <summary>Reads the variables that hold them.</summary>
    /// <exception cref="UsageException">One of them is not as it must be.</exception>
    public static BuildExtras Read(Func<string, string?> variable)
    {
        var extras = new BuildExtras
        {
            Arguments = ReadObject(variable, "BOB_BUILD_ARGS"),
            Labels = ReadObject(variable, "BOB_LABELS"),
            Stage = variable("BOB_TARGET_STAGE") ?? string.Empty,
            Platform = variable("BOB_PLATFORM") ?? string.Empty,
            Secrets = BuildSecretFiles.Read(variable(BuildSecretFiles.Variable)),
        };
        return extras switch
        {
            _ when extras.Arguments.Keys.FirstOrDefault(name => !ArgumentName().IsMatch(name)) is { } name =>
                throw new UsageException($"BOB_BUILD_ARGS: \"{name}\" is no name of a build argument, or one that engines give a meaning of their own; give a proxy another name, and set it in the step"),
            _ when extras.Labels.Keys.FirstOrDefault(name => !LabelName().IsMatch(name)) is { } name =>
                throw new UsageException($"BOB_LABELS: \"{name}\" is no name of a label; it has up to 256 characters without blanks and \"=\""),
            _ when !StageName().IsMatch(extras.Stage) => throw new UsageException("BOB_TARGET_STAGE: must be the name or number of a stage"),
            _ when !PlatformName().IsMatch(extras.Platform) => throw new UsageException("BOB_PLATFORM: must be os/architecture[/variant], such as linux/arm64"),
            _ => extras,
        };
    }

    private static Dictionary<string, string> ReadObject(Func<string, string?> variable, string name)
    {
        var json = variable(name) is { Length: > 0 } text ? text : "{}";
        if (json.Length > MaximumJson)
        {
            throw new UsageException($"{name}: longer than {MaximumJson} characters");
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            var values = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var property in document.RootElement.EnumerateObject())
            {
                values[property.Name] = property.Value.ValueKind == JsonValueKind.String && property.Value.GetString() is { } value && !value.Contains('\0', StringComparison.Ordinal)
                    ? value
                    : throw new UsageException($"{name}: the value of \"{property.Name}\" must be a string without a NUL");
            }

            return values;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new UsageException($"{name}: must be a JSON object of strings, such as {{\"VERSION\":\"3\"}}");
        }
    }

    // BuildKit's own decide, among other things, whose cache mounts a step gets. Both engines pass proxies to steps and forget them when they name what a step
    // made: others' builds, which share the cache, would get what came through a stranger's proxy.
    [GeneratedRegex(@"\A(?!BUILDKIT_|(?:HTTPS?|FTP|NO|ALL)_PROXY\z|(?:https?|ftp|no|all)_proxy\z)[A-Za-z_][A-Za-z0-9_]{0,255}\z")]
    private static partial Regex ArgumentName();

    [GeneratedRegex(@"\A[^\s=\p{C}]{1,256}\z")]
    private static partial Regex LabelName();

    [GeneratedRegex(@"\A(?:[A-Za-z0-9][A-Za-z0-9_.-]{0,127})?\z")]
    private static partial Regex StageName();

    [GeneratedRegex(@"\A(?:[a-z0-9]+/[a-z0-9_]+(?:/[a-z0-9]+)?)?\z")]
    private static partial Regex PlatformName();
}
