using System.Net.Http.Headers;

namespace ImageBuilder.Registry.Transport;

/// <summary>One request to a registry.</summary>
/// <param name="Method">The verb.</param>
/// <param name="Address">Below the registry's base address, or an absolute address that the registry gave.</param>
/// <param name="What">What it does, for messages: "read manifest x:1".</param>
/// <param name="Scopes">The rights that it needs.</param>
internal sealed record RegistryRequest(HttpMethod Method, string Address, string What, IReadOnlyList<RegistryScope> Scopes)
{
    /// <summary>The media types that are understood; empty for any.</summary>
    public IReadOnlyList<string> Accept { get; init; } = [];

    /// <summary>The part of the content that is wanted; null for all of it.</summary>
    public RangeHeaderValue? Range { get; init; }

    /// <summary>Makes the body; called for each time the request is sent.</summary>
    public Func<CallDeadline, Task<HttpContent>>? Content { get; init; }
}
