using System.Text.RegularExpressions;

namespace ImageBuilder.Registry.Client;

/// <summary>Where the next page of a list is (RFC 8288, as the OCI distribution specification has it).</summary>
internal static partial class LinkHeader
{
    /// <summary>
    /// The address of the page after the one at <paramref name="address"/>; null when that was the last. It may be of another host: whoever sends
    /// a request there has to see whether it may be.
    /// </summary>
    public static string? Next(string address, HttpResponseMessage response)
    {
        if (!response.Headers.NonValidated.TryGetValues("Link", out var values) || Link().Match(values.ToString()) is not { Success: true } link)
        {
            return null;
        }

        // An address that is not absolute is taken from the page it stands on, whose host does not matter here.
        return Uri.TryCreate(new Uri(new Uri("http://registry.invalid"), address), link.Groups[1].Value, out var next)
            ? (next.Host == "registry.invalid" ? next.PathAndQuery : next.AbsoluteUri)
            : null;
    }

    [GeneratedRegex("""<([^<>\s]{1,4096})>\s*;\s*rel="?next"?(?:\s*[,;]|$)""", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();
}
