namespace Grpc.Core;

/// <summary>A way to one server.</summary>
public abstract class ChannelBase
{
    /// <summary>A channel to <paramref name="target"/>.</summary>
    protected ChannelBase(string target) => Target = target;

    /// <summary>The server, as host and port.</summary>
    public string Target { get; }

    /// <summary>Something that starts calls on this channel.</summary>
    public abstract CallInvoker CreateCallInvoker();

    /// <summary>Ends the calls and lets go of connections.</summary>
    public Task ShutdownAsync() => ShutdownAsyncCore();

    /// <summary>See <see cref="ShutdownAsync"/>.</summary>
    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}
