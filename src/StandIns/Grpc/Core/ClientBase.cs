namespace Grpc.Core;

/// <summary>What generated clients derive from.</summary>
public abstract class ClientBase
{
    private readonly ClientBaseConfiguration _configuration;

    /// <summary>A client whose calls throw; for test doubles.</summary>
    protected ClientBase()
        : this(new UnimplementedCallInvoker())
    {
    }

    /// <summary>A client of a configuration.</summary>
    protected ClientBase(ClientBaseConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        _configuration = configuration;
        CallInvoker = configuration.CreateCallInvoker();
    }

    /// <summary>A client on a channel.</summary>
    protected ClientBase(ChannelBase channel)
        : this(NotNull(channel).CreateCallInvoker())
    {
    }

    /// <summary>A client on an invoker.</summary>
    protected ClientBase(CallInvoker callInvoker)
        : this(new ClientBaseConfiguration(callInvoker, null))
    {
    }

    /// <summary>Starts this client's calls.</summary>
    protected CallInvoker CallInvoker { get; }

    internal ClientBaseConfiguration Configuration => _configuration;

    private static ChannelBase NotNull(ChannelBase channel)
    {
        ArgumentNullException.ThrowIfNull(channel);
        return channel;
    }

    /// <summary>An invoker and the host that its calls name.</summary>
    protected internal class ClientBaseConfiguration
    {
        private readonly CallInvoker _undecorated;
        private readonly string? _host;

        internal ClientBaseConfiguration(CallInvoker undecorated, string? host)
        {
            ArgumentNullException.ThrowIfNull(undecorated);
            _undecorated = undecorated;
            _host = host;
        }

        internal CallInvoker CreateCallInvoker() => _host is null ? _undecorated : new HostCallInvoker(_undecorated, _host);

        internal ClientBaseConfiguration WithHost(string host) => new(_undecorated, host);
    }
}
