using System.Net;
using System.Text.RegularExpressions;
using ImageBuilder.Bob.Outcomes;

namespace ImageBuilder.Bob.Init;

/// <summary>The address of a repository that may be fetched from: http, https or ssh, and nothing that git could take for an option or a program.</summary>
internal sealed partial class GitRemote
{
    private const int MaximumLength = 4096;

    private GitRemote(string address, string server, string user, string password)
    {
        Address = address;
        Server = server;
        User = user;
        Password = password;
    }

    /// <summary>The address without a login; it may be shown.</summary>
    public string Address { get; }

    /// <summary>Scheme, host and port.</summary>
    public string Server { get; }

    /// <summary>The user that the address itself names; for ssh it stays in <see cref="Address"/>.</summary>
    public string User { get; }

    /// <summary>The password that the address itself holds.</summary>
    public string Password { get; }

    /// <summary>Reads an address.</summary>
    /// <exception cref="BobException">It is none that may be fetched from.</exception>
    public static GitRemote Parse(string text)
    {
        if (text.Length is 0 or > MaximumLength || text.Any(character => character <= ' ' || char.IsControl(character)))
        {
            throw Refused("it is empty, too long or has spaces in it");
        }

        if (ShortForm().IsMatch(text))
        {
            return new GitRemote(text, string.Empty, string.Empty, string.Empty);
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https" or "ssh"))
        {
            throw Refused("only http, https and ssh are supported");
        }

        if (address.Host.Length == 0 || address.Host[0] == '-' || address.UserInfo.StartsWith('-'))
        {
            throw Refused("it names no host");
        }

        if (address.Scheme == "ssh")
        {
            return new GitRemote(text, string.Empty, string.Empty, string.Empty);
        }

        var colon = address.UserInfo.IndexOf(':', StringComparison.Ordinal);
        var (user, password) = colon < 0 ? (address.UserInfo, string.Empty) : (address.UserInfo[..colon], address.UserInfo[(colon + 1)..]);
        var server = address.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
        return new GitRemote(server + address.PathAndQuery, server, WebUtility.UrlDecode(user), WebUtility.UrlDecode(password));
    }

    private static BobException Refused(string reason) =>
        new(FailureReason.ContextUnavailable, $"build failed: the address of the repository cannot be used: {reason}");

    // user@host:path
    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]*@[A-Za-z0-9][A-Za-z0-9.-]*:[A-Za-z0-9_~./][^:]*\z")]
    private static partial Regex ShortForm();
}
