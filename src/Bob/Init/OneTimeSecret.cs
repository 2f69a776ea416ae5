using ImageBuilder.Bob.Outcomes;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Bob.Init;

/// <summary>Fetches "user:password" from an address that gives it out once.</summary>
internal static class OneTimeSecret
{
    private const int MaximumSize = 64 << 10;

    /// <summary>The user and password behind <paramref name="address"/>, which is itself a secret and never shown.</summary>
    /// <param name="address">Where they are.</param>
    /// <param name="authorities">A PEM file of certificate authorities that are trusted beside the system's; null for none.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="BobException">They cannot be had.</exception>
    public static async Task<(string User, string Password)> FetchAsync(string address, string? authorities, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            throw Failed("its address is not http or https");
        }

        using var handler = RegistryHttpHandler.Create(new RegistryTransportOptions { CaBundles = authorities is null ? [] : [authorities] });
        handler.AllowAutoRedirect = true;
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(30), MaxResponseContentBufferSize = MaximumSize };
        string secret;
        try
        {
            using var answer = await client.GetAsync(uri, cancellationToken);
            if (!answer.IsSuccessStatusCode)
            {
                throw Failed($"its server answers {(int)answer.StatusCode}; it may have been used already");
            }

            secret = (await answer.Content.ReadAsStringAsync(cancellationToken)).Trim();
        }
        catch (HttpRequestException exception)
        {
            // The exception's own text may show the address.
            throw Failed($"its server cannot be reached ({exception.HttpRequestError})");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed("its server does not answer");
        }

        var colon = secret.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? throw Failed("it is not of the form user:password") : (secret[..colon], secret[(colon + 1)..]);
    }

    private static BobException Failed(string reason) =>
        new(FailureReason.ContextUnavailable, $"build failed: the one-time secret for the repository cannot be fetched: {reason}");
}
