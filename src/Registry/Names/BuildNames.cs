using System.Text.RegularExpressions;

namespace ImageBuilder.Registry.Names;

/// <summary>What the things that a build may be given beside its Dockerfile can be called. Engines take these names, and none of them can pass for an option.</summary>
public static partial class BuildNames
{
    /// <summary>The longest name of an argument or a label, in characters.</summary>
    public const int MaximumLength = 256;

    /// <summary>
    /// Whether it is the name of a build argument that builds may be given. Not those that BuildKit gives a meaning: they decide, among other things, whose cache
    /// mounts a step gets. No proxies either: both engines pass them to steps and forget them when they name what a step made, so others' builds, which share the
    /// cache, would get what came through a stranger's proxy.
    /// </summary>
    public static bool IsArgument(string text) => Argument().IsMatch(text);

    /// <summary>Whether it is the name of a label.</summary>
    public static bool IsLabel(string text) => Label().IsMatch(text);

    /// <summary>Whether it is the name or the number of a stage.</summary>
    public static bool IsStage(string text) => Stage().IsMatch(text);

    [GeneratedRegex(@"\A(?!BUILDKIT_|(?:HTTPS?|FTP|NO|ALL)_PROXY\z|(?:https?|ftp|no|all)_proxy\z)[A-Za-z_][A-Za-z0-9_]{0,255}\z")]
    private static partial Regex Argument();

    [GeneratedRegex(@"\A[^\s=\p{C}]{1,256}\z")]
    private static partial Regex Label();

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,127}\z")]
    private static partial Regex Stage();
}
