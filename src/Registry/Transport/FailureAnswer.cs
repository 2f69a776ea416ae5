using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Transport;

/// <summary>What a registry's refusal means: its status, and the codes and messages of its body (OCI distribution specification, Error Codes).</summary>
internal static partial class FailureAnswer
{
    /// <summary>The exception for <paramref name="response"/>.</summary>
    public static async Task<RegistryException> ReadAsync(string host, string what, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var (error, reason) = response.StatusCode switch
        {
            HttpStatusCode.NotFound => (RegistryError.NotFound, "it does not exist"),
            HttpStatusCode.Unauthorized => (RegistryError.Unauthorized, "credentials are missing or not accepted"),
            HttpStatusCode.Forbidden => (RegistryError.Denied, "access is denied"),
            >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest => (RegistryError.InvalidResponse, "its redirect cannot be followed"),
            < HttpStatusCode.MultipleChoices => (RegistryError.InvalidResponse, "that is not the answer expected"),
            _ => (RegistryError.Rejected, "the request was refused"),
        };
        var details = await ReadDetailsAsync(response, cancellationToken);
        return new RegistryException(error, host, $"cannot {what}: registry {host}: {reason} ({(int)response.StatusCode}{details})");
    }

    /// <summary>The codes that <paramref name="body"/> has; none when it has no such form.</summary>
    public static IReadOnlyList<string> ReadCodes(ReadOnlyMemory<byte> body) => [.. ReadErrors(body).Select(error => error.Code)];

    private static async Task<string> ReadDetailsAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            var body = await BoundedBody.ReadAsync(response.Content, BoundedBody.MaximumError, cancellationToken);
            var details = string.Join("; ", ReadErrors(body).Take(3).Select(error => error.Message is null ? error.Code : $"{error.Code} {error.Message}"));
            return details.Length == 0 ? string.Empty : ": " + Query().Replace(Shown.Text(details), "?…");
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return string.Empty;
        }
    }

    private static IReadOnlyList<(string Code, string? Message)> ReadErrors(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return
            [
                .. document.RootElement.GetProperty("errors").EnumerateArray().Select(error =>
                    (error.GetProperty("code").GetString() ?? string.Empty, error.TryGetProperty("message", out var message) ? message.GetString() : null)),
            ];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            // The status has to do: HEAD has no body, and proxies answer in HTML.
            return [];
        }
    }

    // Signed addresses carry their secret here.
    [GeneratedRegex(@"\?\S+")]
    private static partial Regex Query();
}
