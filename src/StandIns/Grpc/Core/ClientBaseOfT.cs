namespace Grpc.Core;

/// <summary>What generated clients derive from.</summary>
public abstract class ClientBase<T> : ClientBase
    where T : ClientBase<T>
{
    /// <summary>A client whose calls throw; for test doubles.</summary>
    protected ClientBase()
    {
    }

    /// <summary>A client of a configuration.</summary>
    protected ClientBase(ClientBaseConfiguration configuration)
        : base(configuration)
    {
    }

    /// <summary>A client on a channel.</summary>
    protected ClientBase(ChannelBase channel)
        : base(channel)
    {
    }

    /// <summary>A client on an invoker.</summary>
    protected ClientBase(CallInvoker callInvoker)
        : base(callInvoker)
    {
    }

    /// <summary>The same client, whose calls name <paramref name="host"/> as their authority.</summary>
    public T WithHost(string host) => NewInstance(Configuration.WithHost(host));

    /// <summary>A client of this type with another configuration.</summary>
    protected abstract T NewInstance(ClientBaseConfiguration configuration);
}
