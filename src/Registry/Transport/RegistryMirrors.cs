using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Transport;

/// <summary>The mirrors of registries, and which of them failed lately.</summary>
internal sealed class RegistryMirrors(ImmutableDictionary<string, ImmutableArray<string>> mirrors, TimeProvider time)
{
    private static readonly TimeSpan PassedOver = TimeSpan.FromSeconds(30);
    private static readonly HttpRequestOptionsKey<Action> s_failed = new("ImageBuilder.MirrorFailed");

    private readonly FrozenDictionary<string, Mirror[]> _mirrors = mirrors.IsEmpty
        ? FrozenDictionary<string, Mirror[]>.Empty
        : mirrors
            .GroupBy(entry => RegistryHost.Normalise(entry.Key))
            .ToFrozenDictionary(group => group.Key, group => group.SelectMany(entry => entry.Value).Select(Mirror.Parse).ToArray());

    // As many as are configured.
    private readonly ConcurrentDictionary<string, long> _failures = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The mirrors to ask for <paramref name="request"/>, in order, before the registry itself.</summary>
    public IEnumerable<Mirror> For(string host, RegistryRequest request, RegistryCall call) =>
        _mirrors.Count == 0 || !call.UseMirrors || !Mirror.MayServe(request) || !_mirrors.TryGetValue(RegistryHost.Normalise(host), out var found)
            ? []
            : found.Where(mirror => !_failures.TryGetValue(mirror.Host, out var failed) || time.GetElapsedTime(failed) >= PassedOver);

    /// <summary>Notes why <paramref name="mirror"/> did not serve; unless it just does not have or give that image, it is passed over for a while.</summary>
    /// <returns>Why, for a message.</returns>
    public string Missed(Mirror mirror, Exception reason)
    {
        if (reason is not RegistryException { Error: RegistryError.NotFound or RegistryError.Unauthorized or RegistryError.Denied or RegistryError.Rejected })
        {
            Failed(mirror);
        }

        return reason is OperationCanceledException ? $"mirror {mirror.Host} did not answer in time" : reason.Message;
    }

    /// <summary>Notes on an answer which mirror it is of, for <see cref="BodyFailed"/>.</summary>
    public void Mark(HttpResponseMessage response, Mirror mirror) => response.RequestMessage?.Options.Set(s_failed, () => Failed(mirror));

    /// <summary>The body of an answer broke off, or is not what was asked for: if it came from a mirror, that is passed over.</summary>
    public static void BodyFailed(HttpResponseMessage response)
    {
        if (response.RequestMessage is { } request && request.Options.TryGetValue(s_failed, out var failed))
        {
            failed();
        }
    }

    private void Failed(Mirror mirror) => _failures[mirror.Host] = time.GetTimestamp();
}
