using ImageBuilder.Grains.Messages;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;
using Orleans.Concurrency;

namespace ImageBuilder.Grains.References;

/// <summary>
/// Calls interleave, so that all who ask while a request is under way wait for its one answer. Answers are kept apart by credential:
/// nobody is told what the registry would not tell him.
/// </summary>
[Reentrant]
internal sealed class ReferenceGrain(RegistryClient registry, Keychain keychain, FingerprintKey fingerprints, TimeProvider clock)
    : Grain, IReferenceGrain
{
    /// <summary>Bounds the memory of one reference, however many credentials it is asked with.</summary>
    private const int MaxCredentials = 64;

    private static readonly TimeSpan NegativeFreshness = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly Dictionary<string, CachedAnswer> _answers = [];

    /// <inheritdoc />
    public async Task<ResolveAnswer> Resolve(ResolveQuery query)
    {
        var (reference, platform) = ReferenceKey.Parse(this.GetPrimaryKeyString());
        var access = query.Access.ToAccess();
        RegistryCredential? credential;
        try
        {
            credential = await keychain.FindAsync(reference.Domain, access, CancellationToken.None);
        }
        catch (CredentialsException error)
        {
            return new ResolveAnswer(ResolveOutcome.Failed, string.Empty, error.Message);
        }

        var cached = AnswerFor(fingerprints.Of(credential));
        return await cached.GetAsync(query.MaxAge, () => AskAsync(reference, platform, credential, access, query.Patient));
    }

    private CachedAnswer AnswerFor(string fingerprint)
    {
        if (!_answers.TryGetValue(fingerprint, out var answer))
        {
            if (_answers.Count >= MaxCredentials)
            {
                _answers.Remove(_answers.MinBy(known => known.Value.AnsweredAt).Key);
            }

            answer = new CachedAnswer(clock, NegativeFreshness);
            _answers.Add(fingerprint, answer);
        }

        return answer;
    }

    private async Task<ResolveAnswer> AskAsync(
        ImageReference reference, Platform platform, RegistryCredential? credential, RegistryAccess access, bool patient)
    {
        using var deadline = new CancellationTokenSource(Deadline, clock);
        try
        {
            var call = new RegistryCall { Retry = patient ? RegistryRetry.Wait : RegistryRetry.None };
            var digest = (await registry.ResolveAsync(reference, platform, credential, call, deadline.Token)).Digest;
            return new ResolveAnswer(ResolveOutcome.Found, digest.ToString(), string.Empty);
        }
        catch (RegistryException error)
        {
            return error.Error switch
            {
                RegistryError.NotFound => new ResolveAnswer(ResolveOutcome.NotFound, string.Empty, error.Message),
                RegistryError.Unauthorized or RegistryError.Denied => new ResolveAnswer(
                    ResolveOutcome.Denied, string.Empty, access.WhyDenied(reference.Domain) is { } why ? $"{error.Message}; {why}" : error.Message),
                RegistryError.RateLimited => new ResolveAnswer(ResolveOutcome.RateLimited, string.Empty, error.Message),
                _ => new ResolveAnswer(ResolveOutcome.Failed, string.Empty, error.Message),
            };
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return new ResolveAnswer(ResolveOutcome.Failed, string.Empty, $"registry {reference.Domain} did not answer within {Deadline.TotalSeconds} s");
        }
    }
}
