namespace Grpc.Core;

/// <summary>What every kind of client call offers beside its messages.</summary>
internal readonly struct AsyncCallState(
    Func<object, Task<Metadata>> responseHeaders,
    Func<object, Status> status,
    Func<object, Metadata> trailers,
    Action<object> dispose,
    object state)
{
    public AsyncCallState(Task<Metadata> responseHeaders, Func<Status> status, Func<Metadata> trailers, Action dispose)
        : this(_ => responseHeaders, _ => status(), _ => trailers(), _ => dispose(), string.Empty)
    {
    }

    public Task<Metadata> ResponseHeadersAsync => responseHeaders(state);

    public Status GetStatus() => status(state);

    public Metadata GetTrailers() => trailers(state);

    public void Dispose() => dispose(state);
}
