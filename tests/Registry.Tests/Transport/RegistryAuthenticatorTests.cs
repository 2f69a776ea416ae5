using System.Net;
using System.Text;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Transport;
using ImageBuilder.Testing;
using Microsoft.AspNetCore.Http;

namespace ImageBuilder.Registry.Tests.Transport;

#pragma warning disable CA1001 // xunit disposes of it by IAsyncLifetime.
public sealed class RegistryAuthenticatorTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private static readonly RegistryCredential Credential = RegistryCredential.Basic("u", "p");
    private static readonly RegistryScope[] Pull = [RegistryScope.Pull(FaultyRegistry.Repository)];

    private readonly ManualTimeProvider _clock = new();
    private FaultyRegistry _registry = null!;
    private RegistryClient _client = null!;

    public async Task InitializeAsync()
    {
        _registry = await FaultyRegistry.StartAsync();
        _client = new RegistryClient(new RegistryTransportOptions { RetryDelay = TimeSpan.Zero }, time: _clock);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _registry.DisposeAsync();
    }

    [Fact]
    public async Task GetAuthorizationAsync_OpenRegistry_IsNoneAndTheCredentialIsNotSent()
    {
        (await For(Credential).GetAuthorizationAsync(Pull, fresh: false)).ShouldBeNull();

        _registry.Requests.ShouldAllBe(asked => asked.Authorization == null);
    }

    [Fact]
    public async Task GetAuthorizationAsync_Basic_IsTheCredential()
    {
        _registry.WithPassword("u", "p");

        (await For(Credential).GetAuthorizationAsync(Pull, fresh: false))!.ToString().ShouldBe("Basic dTpw");
        (await For(new RegistryCredential { RawAuth = "raw" }).GetAuthorizationAsync(Pull, fresh: false))!.ToString().ShouldBe("Basic raw");
        (await For(null).GetAuthorizationAsync(Pull, fresh: false)).ShouldBeNull();
        _registry.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task GetAuthorizationAsync_Bearer_AsksTheTokenEndpointAsTheSpecificationSays()
    {
        _registry.WithTokens();

        var header = await For(Credential).GetAuthorizationAsync([RegistryScope.Pull("b"), RegistryScope.PullAndPush("a"), RegistryScope.Pull("b")], fresh: false);

        header!.ToString().ShouldBe("Bearer token-1");
        var asked = _registry.Requests.Single(request => request.Path == "/token");
        asked.Method.ShouldBe("GET");
        asked.Query.ShouldBe("?service=faulty&scope=repository%3Aa%3Apull%2Cpush&scope=repository%3Ab%3Apull");
        asked.Authorization.ShouldBe("Basic dTpw");
    }

    [Fact]
    public async Task GetAuthorizationAsync_RealmWithQuery_KeepsIt()
    {
        _registry.Challenge = $"Bearer realm=\"{_registry.Address}/token?account=x\"";

        await For(null).GetAuthorizationAsync(Pull, fresh: false);

        _registry.Requests.Single(request => request.Path == "/token").Query.ShouldBe("?account=x&scope=repository%3Ateam%2Fapp%3Apull");
    }

    [Fact]
    public async Task GetAuthorizationAsync_IdentityToken_IsExchangedInTheBody()
    {
        _registry.WithTokens();
        var body = string.Empty;
        _registry.Fault = async (context, asked) =>
        {
            if (asked.Method == "POST")
            {
                body = await new StreamReader(context.Request.Body).ReadToEndAsync();
                await context.Response.WriteAsync("""{"access_token":"exchanged"}""");
            }

            return asked.Method == "POST";
        };

        var header = await For(new RegistryCredential { IdentityToken = "refresh me" }).GetAuthorizationAsync(Pull, fresh: false);

        header!.ToString().ShouldBe("Bearer exchanged");
        body.ShouldBe("grant_type=refresh_token&service=faulty&client_id=imagebuilder&scope=repository%3Ateam%2Fapp%3Apull&refresh_token=refresh+me");
        _registry.Requests.ShouldAllBe(asked => asked.Authorization == null && !asked.Query.Contains("refresh"));
    }

    [Fact]
    public async Task GetAuthorizationAsync_RegistryToken_IsSentAsItIs()
    {
        _registry.WithTokens();

        (await For(new RegistryCredential { RegistryToken = "own" }).GetAuthorizationAsync(Pull, fresh: false))!.ToString().ShouldBe("Bearer own");
        _registry.Count("GET /token").ShouldBe(0);
    }

    [Fact]
    public async Task GetAuthorizationAsync_CachedUntilItExpires_ByScopeAndCredential()
    {
        _registry.WithTokens();
        _registry.ExpiresIn = 100;
        async Task<string> Get(RegistryCredential? credential, string repository) =>
            (await For(credential).GetAuthorizationAsync([RegistryScope.Pull(repository)], fresh: false))!.Parameter!;

        (await Get(Credential, "a")).ShouldBe("token-1");
        (await Get(Credential, "a")).ShouldBe("token-1");
        (await Get(Credential, "b")).ShouldBe("token-2");
        (await Get(null, "a")).ShouldBe("token-3");
        (await Get(RegistryCredential.Basic("u", "other"), "a")).ShouldBe("token-4");

        _clock.Advance(TimeSpan.FromSeconds(89));
        (await Get(Credential, "a")).ShouldBe("token-1");
        _clock.Advance(TimeSpan.FromSeconds(2));
        (await Get(Credential, "a")).ShouldBe("token-5");
        _registry.Count("GET /token").ShouldBe(5);
        _registry.Count("GET /v2/").ShouldBe(1);
    }

    [Fact]
    public async Task GetAuthorizationAsync_Fresh_FetchesAnother()
    {
        _registry.WithTokens();

        (await For(null).GetAuthorizationAsync(Pull, fresh: false))!.Parameter.ShouldBe("token-1");
        (await For(null).GetAuthorizationAsync(Pull, fresh: true))!.Parameter.ShouldBe("token-2");
        (await For(null).GetAuthorizationAsync(Pull, fresh: false))!.Parameter.ShouldBe("token-2");
    }

    [Fact]
    public async Task GetAuthorizationAsync_ManyAtOnce_ShareOnePingAndOneToken()
    {
        _registry.WithTokens();

        var headers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => For(Credential).GetAuthorizationAsync(Pull, fresh: false).AsTask()));

        headers.ShouldAllBe(header => header!.Parameter == "token-1");
        _registry.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task GetAuthorizationAsync_ManyAtOnceAndTheEndpointFails_ShareTheFailure()
    {
        _registry.WithTokens();
        await For(null).GetBaseAddressAsync();
        var release = new TaskCompletionSource();
        _registry.Fault = async (context, asked) =>
        {
            await release.Task;
            context.Response.StatusCode = 503;
            return true;
        };

        var calls = Enumerable.Range(0, 100).Select(_ => For(Credential).GetAuthorizationAsync(Pull, fresh: false).AsTask()).ToList();
        release.SetResult();

        foreach (var call in calls)
        {
            (await Should.ThrowAsync<RegistryException>(call)).Error.ShouldBe(RegistryError.Unavailable);
        }

        // The first try and three more, for all of them together.
        _registry.Count("GET /token").ShouldBe(4);
    }

    [Fact]
    public async Task GetAuthorizationAsync_CallerGivesUp_OthersGetTheToken()
    {
        _registry.WithTokens();
        await For(null).GetBaseAddressAsync();
        var (arrived, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        _registry.Fault = async (_, _) =>
        {
            arrived.TrySetResult();
            await release.Task;
            return false;
        };
        using var impatient = new CancellationTokenSource();

        var first = For(null).GetAuthorizationAsync(Pull, fresh: false, impatient.Token).AsTask();
        await arrived.Task;
        var second = For(null).GetAuthorizationAsync(Pull, fresh: false).AsTask();
        await impatient.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(first);
        release.SetResult();

        (await second)!.Parameter.ShouldBe("token-1");
        _registry.Count("GET /token").ShouldBe(1);
    }

    [Theory]
    [InlineData(401, RegistryError.Unauthorized)]
    [InlineData(403, RegistryError.Denied)]
    [InlineData(400, RegistryError.Rejected)]
    [InlineData(302, RegistryError.InvalidResponse)]
    public async Task GetAuthorizationAsync_TokenRefused_IsATypedErrorAfterOneRequest(int status, RegistryError expected)
    {
        _registry.WithTokens();
        _registry.Fault = (context, asked) =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "http://127.0.0.1:1/";
            return Task.FromResult(asked.Path == "/token");
        };

        var error = await Should.ThrowAsync<RegistryException>(async () => await For(Credential).GetAuthorizationAsync(Pull, fresh: false));

        error.Error.ShouldBe(expected);
        error.Host.ShouldBe(_registry.Host);
        error.ToString().ShouldNotContain("dTpw");
        _registry.Count("GET /token").ShouldBe(1);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"token\":7}")]
    [InlineData("{\"token\":\"a b\"}")]
    [InlineData("{\"token\":\"a\\r\\nX-Injected: 1\"}")]
    public async Task GetAuthorizationAsync_UselessAnswer_IsInvalid(string body)
    {
        _registry.WithTokens();
        _registry.Fault = async (context, asked) =>
        {
            if (asked.Path == "/token")
            {
                await context.Response.WriteAsync(body);
            }

            return asked.Path == "/token";
        };

        (await Should.ThrowAsync<RegistryException>(async () => await For(Credential).GetAuthorizationAsync(Pull, fresh: false))).Error.ShouldBe(RegistryError.InvalidResponse);
    }

    [Fact]
    public async Task GetAuthorizationAsync_EndlessAnswer_IsCutOff()
    {
        _registry.WithTokens();
        _registry.Fault = async (context, asked) =>
        {
            while (asked.Path == "/token")
            {
                await context.Response.Body.WriteAsync(new byte[64 << 10], context.RequestAborted);
            }

            return false;
        };

        (await Should.ThrowAsync<RegistryException>(async () => await For(Credential).GetAuthorizationAsync(Pull, fresh: false))).Error.ShouldBe(RegistryError.TooLarge);
    }

    [Theory]
    [InlineData("http://registry.example.com/token")]
    [InlineData("https://10.1.2.3/token")]
    [InlineData("https://169.254.169.254/token")]
    [InlineData("not an address")]
    public async Task GetAuthorizationAsync_ForbiddenRealm_GetsNoRequest(string realm)
    {
        var sent = new List<Uri>();
        using var client = new RegistryClient(
            null,
            new StubHandler(request =>
            {
                sent.Add(request.RequestUri!);
                var response = new HttpResponseMessage(HttpStatusCode.Unauthorized);
                response.Headers.TryAddWithoutValidation("WWW-Authenticate", $"Bearer realm=\"{realm}\"");
                return response;
            }),
            null,
            (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("203.0.113.1")]));

        var error = await Should.ThrowAsync<RegistryException>(async () => await client.AuthenticatorFor("public.example.com", Credential).GetAuthorizationAsync(Pull, fresh: false));

        error.Error.ShouldBe(RegistryError.InvalidResponse);
        sent.ShouldBe([new Uri("https://public.example.com/v2/")]);
    }

    [Fact]
    public async Task GetBaseAddressAsync_DockerHub_IsItsEndpoint()
    {
        var sent = new List<Uri>();
        using var client = new RegistryClient(handler: new StubHandler(request =>
        {
            sent.Add(request.RequestUri!);
            return new HttpResponseMessage(HttpStatusCode.OK);
        }));

        (await client.AuthenticatorFor("docker.io", null).GetBaseAddressAsync()).ShouldBe(new Uri("https://registry-1.docker.io/"));
        (await client.AuthenticatorFor("index.docker.io", null).GetBaseAddressAsync()).ShouldBe(new Uri("https://registry-1.docker.io/"));
        sent.Count.ShouldBe(1);
    }

    [Fact]
    public async Task GetBaseAddressAsync_PlainHttp_OnlyForLoopbackAndListedHosts()
    {
        using var client = new RegistryClient(
            new RegistryTransportOptions { PlainHttpHosts = ["listed.internal:5000"] },
            new StubHandler(request => new HttpResponseMessage(request.RequestUri!.Host == "localhost" && request.RequestUri.Scheme == "http" ? HttpStatusCode.BadRequest : HttpStatusCode.OK)));

        (await client.AuthenticatorFor("127.0.0.1:5000", null).GetBaseAddressAsync()).ShouldBe(new Uri("http://127.0.0.1:5000/"));
        (await client.AuthenticatorFor("listed.internal:5000", null).GetBaseAddressAsync()).ShouldBe(new Uri("http://listed.internal:5000/"));
        (await client.AuthenticatorFor("listed.internal:5001", null).GetBaseAddressAsync()).ShouldBe(new Uri("https://listed.internal:5001/"));
        (await client.AuthenticatorFor("registry.example.com", null).GetBaseAddressAsync()).ShouldBe(new Uri("https://registry.example.com/"));
        // It answered 400 to plain HTTP, as TLS servers do.
        (await client.AuthenticatorFor("localhost:5443", null).GetBaseAddressAsync()).ShouldBe(new Uri("https://localhost:5443/"));
        (await Should.ThrowAsync<RegistryException>(async () => await client.AuthenticatorFor("host:99999999", null).GetBaseAddressAsync())).Message.ShouldContain("no valid host");
    }

    [Fact]
    public async Task ObserveAsync_ChallengeOfARepository_IsUsedFromThenOn()
    {
        var authenticator = For(Credential);
        (await authenticator.GetAuthorizationAsync(Pull, fresh: false)).ShouldBeNull();
        using var refusal = new HttpResponseMessage(HttpStatusCode.Unauthorized) { RequestMessage = new HttpRequestMessage(HttpMethod.Get, $"{_registry.Address}/v2/x/manifests/1") };
        refusal.Headers.TryAddWithoutValidation("WWW-Authenticate", "Basic realm=\"x\"");
        using var foreign = new HttpResponseMessage(HttpStatusCode.Unauthorized) { RequestMessage = new HttpRequestMessage(HttpMethod.Get, "https://blobs.example.com/") };
        foreign.Headers.TryAddWithoutValidation("WWW-Authenticate", "Bearer realm=\"https://evil.example.com\"");

        await authenticator.ObserveAsync(refusal);
        await authenticator.ObserveAsync(foreign);

        (await authenticator.GetAuthorizationAsync(Pull, fresh: true))!.Parameter.ShouldBe(Convert.ToBase64String(Encoding.UTF8.GetBytes("u:p")));
    }

    private RegistryAuthenticator For(RegistryCredential? credential) => _client.AuthenticatorFor(_registry.Host, credential);
}
