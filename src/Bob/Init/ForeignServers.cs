using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Bob.Init;

/// <summary>
/// The servers that a repository may send us to: those of its submodules, its redirects and its LFS objects. Whoever writes a repository chooses them, so
/// they are the repository's own host or on the internet; inside this network only if the repository's own host is, on this machine only if it is this machine, and
/// at link-local addresses (clouds' metadata) never. Connections are made only to addresses that were checked so. A proxy of the environment makes connections by its own rules to
/// names that only it can resolve.
/// </summary>
internal sealed class ForeignServers : IDisposable
{
    private const int MaximumRedirects = 5;
    private const string Refs = "/info/refs?service=git-upload-pack";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly GitRemote _remote;
    private readonly Lazy<(HttpClient Client, IWebProxy? Proxy)> _http;
    private AddressReach? _ownReach;

    /// <summary>Those of one repository.</summary>
    /// <param name="remote">The repository that was asked for.</param>
    /// <param name="authorities">A PEM file of certificate authorities that are trusted beside the system's; null for none.</param>
    public ForeignServers(GitRemote remote, string? authorities)
    {
        _remote = remote;
        // Most repositories send nowhere, and need not wait for what it takes to go there.
        _http = new(() => Open(authorities));
    }

    /// <summary>The addresses at which <paramref name="target"/> may be connected to; none when a proxy resolves its name.</summary>
    /// <exception cref="Outcomes.BobException">The repository may not send us there.</exception>
    public async Task<IPAddress[]> CheckAsync(Uri target, CancellationToken cancellationToken)
    {
        var addresses = await ResolveAsync(target.IdnHost, cancellationToken);
        if (addresses.Length == 0 && _http.Value.Proxy?.GetProxy(target) is null)
        {
            throw GitFailure.Because(_remote.Address, $"it names {target.Host}, which does not resolve: check the address");
        }

        if (target.IdnHost.Equals(_remote.Host, StringComparison.OrdinalIgnoreCase))
        {
            return addresses;
        }

        var own = _ownReach ??= await OwnReachAsync(cancellationToken);
        return addresses.All(address => address.Reach() <= own)
            ? addresses
            : throw GitFailure.Because(_remote.Address, $"it names {target.Host}, which is not used: it is inside this network or on this machine, and the repository is not");
    }

    /// <summary>Where the repository at <paramref name="address"/> is, once its redirects were followed.</summary>
    /// <exception cref="Outcomes.BobException">They lead where the repository may not send us, or to no repository.</exception>
    public async Task<GitRemote> FollowAsync(string address, CancellationToken cancellationToken)
    {
        using var answer = await GetAsync(new Uri(address.TrimEnd('/') + Refs), _ => { }, cancellationToken);
        var end = answer.RequestMessage!.RequestUri!.AbsoluteUri;
        return end.EndsWith(Refs, StringComparison.Ordinal) && GitRemote.TryParse(end[..^Refs.Length], out var remote, out _) && remote.User.Length == 0
            ? remote
            : throw GitFailure.Because(_remote.Address, "it redirects to something that is no repository: check the address");
    }

    /// <summary>Gets <paramref name="target"/>, redirects followed; the answer's headers are read, its body is not.</summary>
    /// <param name="target">The address.</param>
    /// <param name="prepare">Sets headers of a request to the server of <paramref name="target"/>; others get none.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="Outcomes.BobException">It leads where the repository may not send us, or nobody answers.</exception>
    public async Task<HttpResponseMessage> GetAsync(Uri target, Action<HttpRequestHeaders> prepare, CancellationToken cancellationToken)
    {
        var address = target;
        for (var redirects = 0; redirects <= MaximumRedirects; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            if (Uri.Compare(address, target, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0)
            {
                prepare(request.Headers);
            }

            var answer = await SendAsync(request, cancellationToken);
            if ((int)answer.StatusCode is not (301 or 302 or 303 or 307 or 308) || answer.Headers.Location is not { } location)
            {
                return answer;
            }

            answer.Dispose();
            var next = new Uri(address, location);
            if (address.Scheme == Uri.UriSchemeHttps && next.Scheme == Uri.UriSchemeHttp)
            {
                throw GitFailure.Because(_remote.Address, $"{address.Host} redirects from https to http, which is not followed");
            }

            address = next;
        }

        throw GitFailure.Because(_remote.Address, $"{target.Host} redirects more than {MaximumRedirects} times");
    }

    /// <summary>Sends a request; the answer's headers are read, its body is not.</summary>
    /// <exception cref="Outcomes.BobException">It goes where the repository may not send us, or nobody answers.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var target = request.RequestUri!;
        if (target.Scheme is not ("http" or "https"))
        {
            throw GitFailure.Because(_remote.Address, "it sends to an address that uses a transport that is not allowed; only http and https are");
        }

        await CheckAsync(target, cancellationToken);
        try
        {
            return await _http.Value.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException exception)
        {
            throw exception.InnerException as Outcomes.BobException ?? GitFailure.Because(_remote.Address, $"{target.Host} cannot be reached ({exception.HttpRequestError})");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw GitFailure.Because(_remote.Address, $"{target.Host} does not answer");
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (_http.IsValueCreated)
        {
            _http.Value.Client.Dispose();
        }
    }

    private (HttpClient Client, IWebProxy? Proxy) Open(string? authorities)
    {
        var handler = RegistryHttpHandler.Create(new RegistryTransportOptions { CaBundles = authorities is null ? [] : [authorities] });
        handler.ConnectCallback = ConnectAsync;
        var client = new HttpClient(handler) { Timeout = s_patience };
        // Some servers answer git otherwise than browsers.
        client.DefaultRequestHeaders.UserAgent.ParseAdd("git/2.39.5");
        return (client, handler.Proxy);
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var target = context.InitialRequestMessage.RequestUri!;
        var addresses = _http.Value.Proxy?.GetProxy(target) is null
            ? await CheckAsync(target, cancellationToken)
            : await ResolveAsync(context.DnsEndPoint.Host, cancellationToken);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<AddressReach> OwnReachAsync(CancellationToken cancellationToken)
    {
        var addresses = await ResolveAsync(_remote.Host, cancellationToken);
        var reach = addresses.Select(address => address.Reach()).DefaultIfEmpty(AddressReach.Public).Max();
        return reach == AddressReach.LinkLocal ? AddressReach.Public : reach;
    }

    private static async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            // Some resolvers take an address with a dot at its end for that address.
            return IPAddress.TryParse(host.Trim('.', '[', ']'), out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancellationToken);
        }
        catch (SocketException)
        {
            return [];
        }
    }
}
