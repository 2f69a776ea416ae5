using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text.RegularExpressions;
using ImageBuilder.Bob.Outcomes;

namespace ImageBuilder.Bob.Init;

/// <summary>The address of a repository that may be fetched from: http, https or ssh, and nothing that git could take for an option or a program.</summary>
internal sealed partial class GitRemote
{
    private const int MaximumLength = 4096;

    private GitRemote(string address, string host, string server, string user, string password)
    {
        Address = address;
        Host = host;
        Server = server;
        User = user;
        Password = password;
    }

    /// <summary>The address without a login; it may be shown.</summary>
    public string Address { get; }

    /// <summary>The host's name or address.</summary>
    public string Host { get; }

    /// <summary>Scheme, host and port; empty for ssh.</summary>
    public string Server { get; }

    /// <summary>Where the repository is behind ssh; null for http and https.</summary>
    public SshPlace? Ssh { get; private init; }

    /// <summary>The user that the address itself names; for ssh it stays in <see cref="Address"/>.</summary>
    public string User { get; }

    /// <summary>The password that the address itself holds.</summary>
    public string Password { get; }

    /// <summary>The address with the login that it holds itself, as git reads it.</summary>
    public string WithLogin => User.Length == 0 && Password.Length == 0
        ? Address
        : Address.Insert(Address.IndexOf("://", StringComparison.Ordinal) + 3, $"{Uri.EscapeDataString(User)}{(Password.Length == 0 ? string.Empty : $":{Uri.EscapeDataString(Password)}")}@");

    /// <summary>Reads an address.</summary>
    /// <exception cref="BobException">It is none that may be fetched from.</exception>
    public static GitRemote Parse(string text) => TryParse(text, out var remote, out var reason)
        ? remote
        : throw new BobException(FailureReason.ContextUnavailable, $"build failed: the address of the repository cannot be used: {reason}");

    /// <summary>Reads an address; false, with the reason, when it is none that may be fetched from.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out GitRemote? remote, [NotNullWhen(false)] out string? reason)
    {
        remote = null;
        reason = null;
        if (text.Length is 0 or > MaximumLength || text.Any(character => character <= ' ' || char.IsControl(character)))
        {
            reason = "it is empty, too long or has spaces in it";
            return false;
        }

        if (ShortForm().Match(text) is { Success: true } shortForm)
        {
            remote = new GitRemote(text, shortForm.Groups["host"].Value, string.Empty, string.Empty, string.Empty)
            {
                Ssh = new SshPlace(shortForm.Groups["target"].Value, Port: null, shortForm.Groups["path"].Value),
            };
            return true;
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https" or "ssh"))
        {
            reason = "it uses a transport that is not allowed; only http, https and ssh are";
            return false;
        }

        if (address.Host.Length == 0 || address.Host[0] == '-' || address.UserInfo.StartsWith('-'))
        {
            reason = "it names no host";
            return false;
        }

        remote = address.Scheme == "ssh" ? new GitRemote(text, address.IdnHost, string.Empty, string.Empty, string.Empty) { Ssh = SshPlace.Of(address) } : Http(address);
        return true;
    }

    private static GitRemote Http(Uri address)
    {
        var colon = address.UserInfo.IndexOf(':', StringComparison.Ordinal);
        var (user, password) = colon < 0 ? (address.UserInfo, string.Empty) : (address.UserInfo[..colon], address.UserInfo[(colon + 1)..]);
        var server = address.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
        return new GitRemote(server + address.PathAndQuery, address.IdnHost, server, WebUtility.UrlDecode(user), WebUtility.UrlDecode(password));
    }

    // user@host:path
    [GeneratedRegex(@"\A(?<target>[A-Za-z0-9_][A-Za-z0-9_.-]*@(?<host>[A-Za-z0-9][A-Za-z0-9.-]*)):(?<path>[A-Za-z0-9_~./][^:]*)\z")]
    private static partial Regex ShortForm();
}
