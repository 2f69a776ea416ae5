using System.Text.Json;
using ImageBuilder.Bob.Commands;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Bob.Build;

/// <summary>What a build may be given beside its Dockerfile.</summary>
internal sealed record BuildExtras
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
            _ when extras.Arguments.Keys.FirstOrDefault(name => !BuildNames.IsArgument(name)) is { } name =>
                throw new UsageException($"BOB_BUILD_ARGS: \"{name}\" is no name of a build argument, or one that engines give a meaning of their own; give a proxy another name, and set it in the step"),
            _ when extras.Labels.Keys.FirstOrDefault(name => !BuildNames.IsLabel(name)) is { } name =>
                throw new UsageException($"BOB_LABELS: \"{name}\" is no name of a label; it has up to {BuildNames.MaximumLength} characters without blanks and \"=\""),
            { Stage: { Length: > 0 } stage } when !BuildNames.IsStage(stage) => throw new UsageException("BOB_TARGET_STAGE: must be the name or number of a stage"),
            { Platform: { Length: > 0 } platform } when !Registry.Names.Platform.TryParse(platform, out _) =>
                throw new UsageException("BOB_PLATFORM: must be os/architecture[/variant], such as linux/arm64"),
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
}
