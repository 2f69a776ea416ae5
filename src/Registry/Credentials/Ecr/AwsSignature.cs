using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Amazon.Runtime;

namespace ImageBuilder.Registry.Credentials.Ecr;

/// <summary>
/// Signs requests to AWS services by Signature Version 4. AWSSDK.Core has a signer too, in a namespace for its own service clients alone, which
/// takes their kind of request; what it takes to sign an HttpRequestMessage is this.
/// </summary>
internal static class AwsSignature
{
    private const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>Adds the date, the session token if there is one, and the signature over them and all headers so far. The address has no query.</summary>
    public static void Sign(HttpRequestMessage request, ReadOnlySpan<byte> body, ImmutableCredentials identity, string region, string service, DateTimeOffset now)
    {
        var time = now.ToUniversalTime().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        request.Headers.Host = request.RequestUri!.Authority;
        request.Headers.TryAddWithoutValidation("X-Amz-Date", time);
        if (identity.UseToken)
        {
            request.Headers.TryAddWithoutValidation("X-Amz-Security-Token", identity.Token);
        }

        var headers = request.Headers.NonValidated.Concat(request.Content?.Headers.NonValidated ?? default)
            .Where(header => !header.Key.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            .Select(header => (Name: header.Key.ToLowerInvariant(), Value: header.Value.ToString().Trim()))
            .OrderBy(header => header.Name, StringComparer.Ordinal)
            .ToList();
        var names = string.Join(';', headers.Select(header => header.Name));
        var canonical = string.Join('\n', [
            request.Method.Method, request.RequestUri.AbsolutePath, string.Empty,
            .. headers.Select(header => $"{header.Name}:{header.Value}"), string.Empty,
            names, Convert.ToHexStringLower(SHA256.HashData(body)),
        ]);
        var scope = $"{time[..8]}/{region}/{service}/aws4_request";
        var text = $"{Algorithm}\n{time}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(KeyFor(identity.SecretKey, scope), Encoding.UTF8.GetBytes(text)));
        request.Headers.TryAddWithoutValidation("Authorization", $"{Algorithm} Credential={identity.AccessKey}/{scope}, SignedHeaders={names}, Signature={signature}");
    }

    /// <summary>The key that signs within <paramref name="scope"/>: "date/region/service/aws4_request".</summary>
    internal static byte[] KeyFor(string secret, string scope) =>
        scope.Split('/').Aggregate(Encoding.UTF8.GetBytes("AWS4" + secret), (key, part) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part)));
}
