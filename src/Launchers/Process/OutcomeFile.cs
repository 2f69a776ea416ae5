using System.Text.Json;
using ImageBuilder.Builds.Lifecycle;

namespace ImageBuilder.Launchers.Process;

/// <summary>The file in which the builder command tells how it ended.</summary>
internal static class OutcomeFile
{
    private const int MaxBytes = 64 * 1024;

    /// <summary>Reads the file at <paramref name="path"/>; null when the builder wrote none, or none that can be understood.</summary>
    public static AttemptOutcome? Read(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists || file.LinkTarget is not null || file.Length is 0 or > MaxBytes)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = document.RootElement;
            if (root.GetProperty("succeeded").GetBoolean())
            {
                return AttemptOutcome.Success;
            }

            var reason = Enum.TryParse<FailureReason>(root.GetProperty("reason").GetString(), out var known) && Enum.IsDefined(known)
                ? known
                : FailureReason.Internal;
            return AttemptOutcome.Failed(reason, root.GetProperty("message").GetString() ?? "the builder gave no reason");
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
