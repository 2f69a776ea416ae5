using System.Globalization;
using System.Text.Json;

namespace ImageBuilder.Registry.Transport;

/// <summary>What a token endpoint answered (distribution's token authentication specification).</summary>
/// <param name="Token">The token; it can stand in a header.</param>
/// <param name="Lifetime">How long it may be used from when it was asked for: a little less than it is valid.</param>
/// <param name="RefreshToken">What to ask with the next time, if it gave one.</param>
internal sealed record TokenAnswer(string Token, TimeSpan Lifetime, string? RefreshToken)
{
    /// <summary>The longest token that is used; longer ones fit in no server's headers.</summary>
    private const int MaximumLength = 32 << 10;

    private const int MaximumDepth = 16;

    // What the specification gives a token whose lifetime is not told.
    private static readonly TimeSpan UntoldLifetime = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(1);

    /// <summary>Reads an answer.</summary>
    /// <param name="body">Its body.</param>
    /// <param name="now">The time.</param>
    /// <returns>Null when there is no token in it that can be used.</returns>
    /// <exception cref="JsonException">It is not JSON, or too deep.</exception>
    /// <exception cref="InvalidOperationException">It is other JSON than an object.</exception>
    public static TokenAnswer? Read(byte[] body, DateTimeOffset now)
    {
        using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = MaximumDepth });
        var root = document.RootElement;
        return (Text(root, "token") ?? Text(root, "access_token")) is { } token && IsUsable(token)
            ? new TokenAnswer(token, ReadLifetime(root, now) * 0.9, Text(root, "refresh_token") is { } refresh && IsUsable(refresh) ? refresh : null)
            : null;
    }

    private static bool IsUsable(string token) => token.Length <= MaximumLength && BasicHeader.IsHeaderSafe(token);

    private static TimeSpan ReadLifetime(JsonElement root, DateTimeOffset now)
    {
        var lifetime = Seconds(root) is { } seconds and > 0 ? TimeSpan.FromSeconds(Math.Min(seconds, LongestLifetime.TotalSeconds)) : UntoldLifetime;
        // An endpoint may give out a token that it made earlier. Where its clock differs from ours that cannot be told, and the token is taken for new.
        return Text(root, "issued_at") is { } text
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var issued)
            && now - issued is var age && age > TimeSpan.Zero && age < lifetime
                ? lifetime - (age * 0.9)
                : lifetime;
    }

    private static double? Seconds(JsonElement root) =>
        !root.TryGetProperty("expires_in", out var value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) ? number
        : value.ValueKind == JsonValueKind.String && double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out number) ? number
        : null;

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
}
