namespace Orleans.Runtime;

/// <summary>Work of the runtime's own on an activation, beside whatever it is doing.</summary>
internal sealed class ActivationWork<T> : Request
{
    private readonly Func<Activation, Task<T>> _work;
    private readonly bool _isBound;
    private readonly Dictionary<string, object>? _context = RequestContext.Snapshot;
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="work">What to do.</param>
    /// <param name="isBound">Whether it makes sense on this very activation alone, not on the grain's next one.</param>
    public ActivationWork(Func<Activation, Task<T>> work, bool isBound)
    {
        _work = work;
        _isBound = isBound;
        Interleaves = true;
    }

    public Task<T> Done => _done.Task;

    public override bool IsSettled => _done.Task.IsCompleted;

    public override async void Execute(Activation activation)
    {
        RequestContext.Snapshot = _context;
        try
        {
            var result = await _work(activation);
            activation.Finish(this, null);
            _done.TrySetResult(result);
        }
        catch (Exception error)
        {
            activation.Finish(this, error);
            _done.TrySetException(error);
        }
    }

    public override void Fail(Exception error) => _done.TrySetException(error);

    public void Cancel(CancellationToken token) => _done.TrySetCanceled(token);

    public override void Reroute(SiloRuntime runtime, GrainId id, GrainClass grainClass)
    {
        if (_isBound)
        {
            Fail(Enumeration.Aborted());
        }
        else
        {
            base.Reroute(runtime, id, grainClass);
        }
    }
}
