using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Credentials.Ecr;

/// <summary>
/// Opens the private registries of Amazon ECR with this machine's AWS identity, found by the standard chain of the AWS SDKs. ECR gives a token that
/// is good for 12 hours; it is kept by account and region for 4 hours at most, so who is handed one has 8 hours left of it, and a failure for 10
/// seconds. For <see cref="EcrRegistry.Wildcard"/> it gives a token of the region that this machine is in. Safe for concurrent use.
/// </summary>
public sealed class EcrCredentials : ICredentialSource, IDisposable
{
    /// <summary>The variable that the AWS SDKs read another address of ECR's interface from; plain HTTP only on loopback.</summary>
    public const string EndpointVariable = "AWS_ENDPOINT_URL_ECR";

    /// <summary>Bounds what requests for registries of ever other accounts can cost.</summary>
    private const int MaximumRequests = 4;

    private static readonly TimeSpan s_maximumAge = TimeSpan.FromHours(4);
    private static readonly TimeSpan s_negativeFreshness = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(20);

    private readonly IAwsIdentities _identities;
    private readonly TimeProvider _time;
    private readonly EcrApi _api;
    private readonly SingleFlightCache<CredentialAnswer<RegistryCredential>> _tokens;
    private readonly SemaphoreSlim _turns = new(MaximumRequests);

    /// <summary>A source that asks AWS, or what <see cref="EndpointVariable"/> names.</summary>
    public EcrCredentials(TimeProvider time) : this(Environment.GetEnvironmentVariable(EndpointVariable), new AwsIdentities(), time)
    {
    }

    internal EcrCredentials(string? endpoint, IAwsIdentities identities, TimeProvider time)
    {
        _identities = identities;
        _time = time;
        _api = new EcrApi(endpoint, identities, time);
        _tokens = new SingleFlightCache<CredentialAnswer<RegistryCredential>>(time, capacity: 1000);
    }

    /// <inheritdoc />
    public async ValueTask<RegistryCredential?> FindAsync(string host, CancellationToken cancellationToken)
    {
        var normalised = RegistryHost.Normalise(host);
        if (!EcrRegistry.TryParse(normalised, out var registry))
        {
            return null;
        }

        var answer = await _tokens.GetAsync(normalised, null, () => FetchAsync(normalised, registry), cancellationToken);
        return answer.GetValue();
    }

    /// <summary><see cref="EcrRegistry.Wildcard"/>, since nobody can list the registries that an identity may use.</summary>
    public ValueTask<IReadOnlyCollection<string>> ListHostsAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyCollection<string>>([EcrRegistry.Wildcard]);

    /// <inheritdoc />
    public void Dispose()
    {
        _api.Dispose();
        _turns.Dispose();
    }

    private async Task<Fetched<CredentialAnswer<RegistryCredential>>> FetchAsync(string host, EcrRegistry registry)
    {
        using var deadline = new CancellationTokenSource(s_deadline, _time);
        try
        {
            await _turns.WaitAsync(deadline.Token);
            try
            {
                var token = host == EcrRegistry.Wildcard
                    ? await _api.GetTokenAsync(await FindRegionAsync(deadline.Token), null, deadline.Token)
                    : await _api.GetTokenAsync(registry.Region, registry.Account, deadline.Token);
                return Keep(host, token);
            }
            finally
            {
                _turns.Release();
            }
        }
        catch (CredentialsException e)
        {
            return Failed(host, e.Message);
        }
        catch (OperationCanceledException)
        {
            return Failed(host, $"AWS did not answer within {s_deadline.TotalSeconds} s");
        }
    }

    private Fetched<CredentialAnswer<RegistryCredential>> Keep(string host, EcrToken token)
    {
        // Half of what is left, where that is less than usual, so that it always outlives those who are handed it by as long as it was kept.
        var half = (token.ExpiresAt - _time.GetUtcNow()) / 2;
        return half > TimeSpan.Zero
            ? new(new(token.Credential), half < s_maximumAge ? half : s_maximumAge)
            : Failed(host, "ECR gave a token that has expired already; set this machine's clock, for example by NTP");
    }

    private static Fetched<CredentialAnswer<RegistryCredential>> Failed(string host, string why) =>
        new(new(null, new CredentialsException($"cannot get a token for ECR registry {(host == EcrRegistry.Wildcard ? "of this machine's region" : host)}: {why}")), s_negativeFreshness);

    // The SDK asks the instance's metadata, without a way to end that.
    private async Task<string> FindRegionAsync(CancellationToken cancellationToken) =>
        await Task.Run(_identities.FindRegion, CancellationToken.None).WaitAsync(cancellationToken)
            ?? throw new CredentialsException("this machine's AWS region is not known; set AWS_REGION");
}
