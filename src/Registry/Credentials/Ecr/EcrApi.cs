using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Credentials.Ecr;

/// <summary>The one call of Amazon ECR's interface that this needs: GetAuthorizationToken (AWS JSON 1.1).</summary>
/// <param name="endpoint">Where the interface is, in place of AWS' own address; null or empty for that.</param>
/// <param name="identities">Who asks.</param>
/// <param name="time">The clock.</param>
internal sealed class EcrApi(string? endpoint, IAwsIdentities identities, TimeProvider time) : IDisposable
{
    private const int Tries = 4;
    private const string Target = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken";
    private const string Permission = "the permission ecr:GetAuthorizationToken on resource \"*\" (IAM policy AmazonEC2ContainerRegistryPowerUser has it)";

    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(200);

    // AWS refuses signatures that are further off.
    private static readonly TimeSpan s_clockTolerance = TimeSpan.FromMinutes(5);

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
    {
        MaxResponseContentBufferSize = 64 << 10,
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>A token for the registries of <paramref name="region"/>. Throttling and failures of the service are met by trying again.</summary>
    /// <param name="region">The region.</param>
    /// <param name="account">The account whose registry it is for; null for our own.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="CredentialsException">There is no token; the message says what to do, and does not name the registry.</exception>
    public async Task<EcrToken> GetTokenAsync(string region, string? account, CancellationToken cancellationToken)
    {
        var address = ReadEndpoint(endpoint) ?? new Uri($"https://api.ecr.{region}.amazonaws.com/");
        for (var attempt = 1; ; attempt++)
        {
            var identity = await identities.GetAsync().WaitAsync(cancellationToken);
            var body = Encoding.UTF8.GetBytes(account is null ? "{}" : $$"""{"registryIds":["{{account}}"]}""");
            using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-amz-json-1.1");
            request.Headers.TryAddWithoutValidation("X-Amz-Target", Target);
            AwsSignature.Sign(request, body, identity, region, "ecr", time.GetUtcNow());

            string failure;
            try
            {
                using var response = await _http.SendAsync(request, cancellationToken);
                var answer = await response.Content.ReadAsByteArrayAsync(cancellationToken);
                if (response.IsSuccessStatusCode)
                {
                    return Read(answer);
                }

                var (type, message) = ReadError(answer);
                failure = Explain(response, type, message, region);
                if (!IsTransient(response.StatusCode, type))
                {
                    throw new CredentialsException(failure);
                }
            }
            catch (HttpRequestException e)
            {
                failure = $"{address.Authority} cannot be reached, or does not answer as ECR does ({e.HttpRequestError})";
            }

            if (attempt == Tries)
            {
                throw new CredentialsException(failure);
            }

            await Task.Delay(s_delay * (1 << (attempt - 1)) * (0.5 + Random.Shared.NextDouble()), time, cancellationToken);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    /// <summary>The address in <paramref name="text"/>; null when that is empty.</summary>
    /// <exception cref="CredentialsException">It is no such address.</exception>
    internal static Uri? ReadEndpoint(string? text) =>
        string.IsNullOrEmpty(text) ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback)) ? address
        : throw new CredentialsException($"{EcrCredentials.EndpointVariable} is not an https:// address (http:// is for loopback alone)");

    private static bool IsTransient(HttpStatusCode status, string type) =>
        (int)status >= 500 || status == HttpStatusCode.TooManyRequests || type.StartsWith("Throttling", StringComparison.Ordinal) || type is "TooManyRequestsException" or "RequestLimitExceeded";

    private string Explain(HttpResponseMessage response, string type, string message, string region) => true switch
    {
        _ when IsTransient(response.StatusCode, type) => $"ECR fails or limits requests (HTTP {(int)response.StatusCode} {type}), also when tried again; try later",
        _ when type is "AccessDeniedException" => $"AWS denies it: this machine's AWS identity needs {Permission}: {message}",
        _ when response.Headers.Date is { } date && (date - time.GetUtcNow()).Duration() > s_clockTolerance =>
            $"AWS refuses the request ({type}): this machine's clock is {(date - time.GetUtcNow()).Duration().TotalMinutes:0} minutes off; set it, for example by NTP",
        // The messages of these quote the request, session token included.
        _ when type is "UnrecognizedClientException" or "InvalidSignatureException" or "ExpiredTokenException" or "InvalidClientTokenId" or "IncompleteSignatureException" or "MissingAuthenticationTokenException" =>
            $"AWS does not accept this machine's AWS identity ({type}): its keys are wrong, revoked or expired, or are not for region {region}",
        _ => $"ECR refuses the request (HTTP {(int)response.StatusCode} {type})",
    };

    private static EcrToken Read(byte[] answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            var data = document.RootElement.GetProperty("authorizationData")[0];
            var login = Encoding.UTF8.GetString(data.GetProperty("authorizationToken").GetBytesFromBase64());
            var colon = login.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                return new EcrToken(
                    RegistryCredential.Basic(login[..colon], login[(colon + 1)..]),
                    DateTimeOffset.FromUnixTimeMilliseconds((long)(data.GetProperty("expiresAt").GetDouble() * 1000)));
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException or IndexOutOfRangeException or ArgumentOutOfRangeException)
        {
            // Told below, in words that quote nothing.
        }

        throw new CredentialsException("what answers in place of ECR gives no authorization token");
    }

    private static (string Type, string Message) ReadError(byte[] answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            string Text(string name) => document.RootElement.TryGetProperty(name, out var value) ? value.GetString() ?? string.Empty : string.Empty;
            var type = Text("__type");
            return (Shown.Text(type[(type.LastIndexOf('#') + 1)..]), Shown.Text(Text("message") is { Length: > 0 } message ? message : Text("Message")));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return (string.Empty, string.Empty);
        }
    }
}
