using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Registry.Tests.Credentials.Ecr;

/// <summary>
/// AWS on loopback, as far as a token for ECR takes it: ECR's GetAuthorizationToken, which checks signatures on its own, STS'
/// AssumeRoleWithWebIdentity, the container's credentials and the instance's metadata. <see cref="Fault"/> answers in ECR's place while it returns true.
/// </summary>
internal sealed partial class FakeAws : IAsyncDisposable
{
    public const string AccessKey = "AKIDEXAMPLE";
    public const string Secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    public const string Session = "session+token/of=tests";

    private readonly WebApplication _server;
    private readonly TimeProvider _time;
    private int _tokens;

    private FakeAws(WebApplication server, TimeProvider time) => (_server, _time) = (server, time);

    public Uri Address { get; private set; } = new("http://localhost/");

    /// <summary>What ECR was asked, as "region body".</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    /// <summary>The paths that were asked for, all of them.</summary>
    public ConcurrentQueue<string> Paths { get; } = [];

    /// <summary>How long a token lives.</summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromHours(12);

    /// <summary>How far AWS' clock is ahead of the tests'.</summary>
    public TimeSpan Ahead { get; set; }

    /// <summary>Whether the keys come with a session token that must be there.</summary>
    public bool WithSession { get; set; }

    /// <summary>Whether the instance's metadata names a role.</summary>
    public bool HasMetadata { get; set; } = true;

    public Func<HttpContext, Task<bool>>? Fault { get; set; }

    public static async Task<FakeAws> StartAsync(TimeProvider time)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var server = builder.Build();
        var aws = new FakeAws(server, time);
        server.Run(aws.AnswerAsync);
        await server.StartAsync();
        aws.Address = new Uri(server.Urls.First() + "/");
        return aws;
    }

    /// <summary>Fails as AWS does.</summary>
    public static async Task<bool> FailAsync(HttpContext context, int status, string type, string message)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/x-amz-json-1.1";
        await context.Response.WriteAsync($$"""{"__type":"com.amazonaws#{{type}}","message":"{{JsonEncodedText.Encode(message)}}"}""");
        return true;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        Paths.Enqueue($"{context.Request.Method} {path}");
        context.Response.Headers.Date = (_time.GetUtcNow() + Ahead).ToString("R", CultureInfo.InvariantCulture);
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync();
        switch (path)
        {
            case var _ when !HasMetadata && path.StartsWith("/latest/", StringComparison.Ordinal):
                context.Response.StatusCode = 404;
                break;
            case "/container":
                await WriteKeysAsync(context);
                break;
            case "/latest/api/token":
                context.Response.Headers["X-aws-ec2-metadata-token-ttl-seconds"] = "21600";
                await context.Response.WriteAsync("metadata-session");
                break;
            case var _ when path.TrimEnd('/') is "/latest/meta-data/iam/security-credentials" or "/latest/meta-data/iam/security-credentials-extended":
                await context.Response.WriteAsync("builder-role");
                break;
            case "/latest/meta-data/iam/security-credentials/builder-role" or "/latest/meta-data/iam/security-credentials-extended/builder-role":
                await WriteKeysAsync(context);
                break;
            case "/latest/dynamic/instance-identity/document":
                await context.Response.WriteAsync("""{"region":"eu-north-1"}""");
                break;
            case "/" when body.Contains("Action=AssumeRoleWithWebIdentity", StringComparison.Ordinal):
                context.Response.ContentType = "text/xml";
                await context.Response.WriteAsync(
                    $"""
                     <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
                     <Credentials><AccessKeyId>{AccessKey}</AccessKeyId><SecretAccessKey>{Secret}</SecretAccessKey><SessionToken>{Session}</SessionToken><Expiration>{_time.GetUtcNow().AddHours(1):O}</Expiration></Credentials>
                     </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>
                     """);
                break;
            case "/":
                await AnswerEcrAsync(context, body);
                break;
            default:
                context.Response.StatusCode = 404;
                break;
        }
    }

    private Task WriteKeysAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(
            $$"""{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"{{AccessKey}}","SecretAccessKey":"{{Secret}}","Token":"{{Session}}","Expiration":"{{_time.GetUtcNow().AddHours(6):yyyy-MM-ddTHH:mm:ssZ}}","LastUpdated":"{{_time.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ}}"}""");
    }

    private async Task AnswerEcrAsync(HttpContext context, string body)
    {
        var region = CheckSignature(context.Request, body, out var refusal);
        Asked.Enqueue($"{region} {body}");
        if (Fault is { } fault && await fault(context))
        {
            return;
        }

        if (refusal is not null)
        {
            await FailAsync(context, 400, "InvalidSignatureException", refusal);
            return;
        }

        if (context.Request.Headers["X-Amz-Target"] != "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken" || context.Request.ContentType != "application/x-amz-json-1.1")
        {
            await FailAsync(context, 400, "UnknownOperationException", string.Empty);
            return;
        }

        var number = Interlocked.Increment(ref _tokens);
        var token = Convert.ToBase64String(Encoding.UTF8.GetBytes($"AWS:token-{number}-{region}"));
        var expires = (_time.GetUtcNow() + Lifetime).ToUnixTimeMilliseconds() / 1000.0;
        context.Response.ContentType = "application/x-amz-json-1.1";
        await context.Response.WriteAsync(string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"authorizationData":[{"authorizationToken":"{{token}}","expiresAt":{{expires:E15}},"proxyEndpoint":"https://123456789012.dkr.ecr.{{region}}.amazonaws.com"}]}"""));
    }

    /// <summary>AWS' side of Signature Version 4, from its description: nothing of the signer under test is used.</summary>
    private string CheckSignature(HttpRequest request, string body, out string? refusal)
    {
        var parts = AuthorizationPattern().Match(request.Headers.Authorization.ToString());
        var (date, region) = (parts.Groups["date"].Value, parts.Groups["region"].Value);
        var stamp = request.Headers["X-Amz-Date"].ToString();
        var names = parts.Groups["headers"].Value.Split(';');
        var canonical = new StringBuilder($"{request.Method}\n{request.Path}\n{request.QueryString.Value?.TrimStart('?')}\n");
        foreach (var name in names)
        {
            canonical.Append(CultureInfo.InvariantCulture, $"{name}:{Spaces().Replace(request.Headers[name].ToString().Trim(), " ")}\n");
        }

        canonical.Append(CultureInfo.InvariantCulture, $"\n{parts.Groups["headers"].Value}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(body)))}");
        var text = $"AWS4-HMAC-SHA256\n{stamp}\n{date}/{region}/ecr/aws4_request\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical.ToString())))}";
        var key = Mac(Mac(Mac(Mac(Encoding.UTF8.GetBytes($"AWS4{Secret}"), date), region), "ecr"), "aws4_request");
        var sentAt = DateTimeOffset.TryParseExact(stamp, "yyyyMMddTHHmmssZ", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : DateTimeOffset.MinValue;
        refusal =
            !parts.Success || parts.Groups["service"].Value != "ecr" ? "no signature"
            : parts.Groups["key"].Value != AccessKey ? "unknown key"
            : !new[] { "host", "x-amz-date", "x-amz-target" }.All(names.Contains) ? "too little is signed"
            : WithSession && (request.Headers["X-Amz-Security-Token"] != Session || !names.Contains("x-amz-security-token")) ? "no session token"
            : !stamp.StartsWith(date, StringComparison.Ordinal) ? "the dates differ"
            : (sentAt - (_time.GetUtcNow() + Ahead)).Duration() > TimeSpan.FromMinutes(5) ? $"Signature expired: {stamp}"
            : Hex(Mac(key, text)) != parts.Groups["signature"].Value ? $"The Canonical String for this request should have been '{canonical}'"
            : null;
        return region;
    }

    private static byte[] Mac(byte[] key, string text)
    {
        using var mac = new HMACSHA256(key);
        return mac.ComputeHash(Encoding.UTF8.GetBytes(text));
    }

    private static string Hex(byte[] bytes) => string.Concat(bytes.Select(value => value.ToString("x2", CultureInfo.InvariantCulture)));

    [GeneratedRegex(@"\AAWS4-HMAC-SHA256 Credential=(?<key>[^/]+)/(?<date>\d{8})/(?<region>[^/]+)/(?<service>[^/]+)/aws4_request, ?SignedHeaders=(?<headers>[^,]+), ?Signature=(?<signature>[0-9a-f]{64})\z")]
    private static partial Regex AuthorizationPattern();

    [GeneratedRegex(" +")]
    private static partial Regex Spaces();
}
