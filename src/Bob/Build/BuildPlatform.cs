using System.Runtime.InteropServices;

namespace ImageBuilder.Bob.Build;

/// <summary>Platforms as engines write them: os/architecture[/variant].</summary>
internal static class BuildPlatform
{
    /// <summary>This machine's.</summary>
    public static string Own { get; } = "linux/" + RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => "amd64",
        Architecture.Arm64 => "arm64",
        var other => other.ToString().ToLowerInvariant(),
    };

    /// <summary>The build arguments that every Dockerfile has without declaring them, for a build for <paramref name="platform"/>; null means this machine's.</summary>
    public static Dictionary<string, string> Arguments(string? platform)
    {
        var arguments = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (prefix, value) in new[] { ("BUILD", Own), ("TARGET", platform ?? Own) })
        {
            var parts = value.Split('/');
            arguments[prefix + "PLATFORM"] = value;
            arguments[prefix + "OS"] = parts[0];
            arguments[prefix + "ARCH"] = parts.ElementAtOrDefault(1) ?? string.Empty;
            arguments[prefix + "VARIANT"] = parts.ElementAtOrDefault(2) ?? string.Empty;
        }

        return arguments;
    }
}
