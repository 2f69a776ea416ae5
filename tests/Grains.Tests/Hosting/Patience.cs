namespace ImageBuilder.Grains.Tests.Hosting;

/// <summary>How long a test waits for a signal before it fails: longer than any busy machine needs.</summary>
internal static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);
}
