using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Orleans.Runtime;

/// <summary>
/// One activation: the grain object, the requests that wait for it, and the scheduler that runs one turn of it at a time.
/// Everything that changes under <c>_gate</c> is private; a worker of the thread pool takes the next turn from under it and runs it outside.
/// </summary>
internal sealed partial class Activation : TaskScheduler, IThreadPoolWorkItem, IGrainContext
{
    private const int WorkerPatienceMilliseconds = 25;

    [ThreadStatic]
    private static Activation? t_current;

    private readonly Lock _gate = new();
    private readonly ILogger _logger;
    private readonly Queue<Task> _turns = new();
    private readonly Queue<Request> _interleaving = new();
    private readonly LinkedList<Request> _waiting = new();
    private readonly List<Request> _blocking = [];
    private readonly HashSet<GrainTimer> _timers = [];
    private readonly HashSet<Enumeration> _enumerations = [];
    private readonly TaskCompletionSource _deactivated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Func<CancellationToken, Task>> _stateReaders = [];

    private ActivationStage _stage;
    private Func<Task>? _operation;
    private DeactivationReason _reason;
    private CancellationToken _patience;
    private bool _isWorkerOut;
    private bool _takesTurnsFirst;
    private bool _mayAdmit;
    private int _running;
    private long _lastUsed;
    private DateTimeOffset _keepUntil;
    private AsyncServiceScope _scope;

    public Activation(SiloRuntime runtime, GrainId id, GrainClass grainClass)
    {
        Runtime = runtime;
        GrainId = id;
        Class = grainClass;
        _logger = runtime.Logger;
        _lastUsed = runtime.Clock.GetTimestamp();
    }

    public SiloRuntime Runtime { get; }

    public GrainClass Class { get; }

    public GrainId GrainId { get; }

    public object? GrainInstance { get; private set; }

    public IServiceProvider ActivationServices => _scope.ServiceProvider;

    public GrainReference GrainReference => field ??= Runtime.CreateReference(typeof(IGrain), GrainId, Class);

    public Task Deactivated => _deactivated.Task;

    public override int MaximumConcurrencyLevel => 1;

    /// <summary>How many requests run or wait; a look from outside, for choosing among stateless workers.</summary>
    public int Load
    {
        get
        {
            lock (_gate)
            {
                return _running + _waiting.Count + _interleaving.Count;
            }
        }
    }

    /// <summary>The activation whose turn this thread runs.</summary>
    internal static new Activation? Current => t_current;

    public bool Equals(IGrainContext? other) => ReferenceEquals(this, other);

    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    public override int GetHashCode() => base.GetHashCode();

    public override string ToString() => $"[Activation: {GrainId}]";

    /// <summary>Takes a request; false when the activation has ended, so that it belongs to the grain's next one.</summary>
    public bool TryEnqueue(Request request)
    {
        lock (_gate)
        {
            switch (_stage)
            {
                case ActivationStage.Ended:
                    return false;
                case ActivationStage.Created:
                    _stage = ActivationStage.Activating;
                    _operation = ActivateAsync;
                    break;
            }

            request.Target = this;
            if (request.Interleaves)
            {
                _interleaving.Enqueue(request);
            }
            else
            {
                _waiting.AddLast(request);
                _mayAdmit = true;
            }

            CallWorker();
        }

        return true;
    }

    /// <summary>Runs <paramref name="action"/> as a turn of its own.</summary>
    public void Post(Action action)
    {
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
        {
            _ = Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this);
        }
    }

    /// <summary>A request is done, well or badly.</summary>
    public void Finish(Request request, Exception? error)
    {
        lock (_gate)
        {
            _running--;
            if (!request.Interleaves)
            {
                _blocking.Remove(request);
                _mayAdmit = true;
            }

            if (request.KeepsAlive)
            {
                _lastUsed = Runtime.Clock.GetTimestamp();
            }

            EndWhenIdle();
            CallWorker();
        }

        if (error is Storage.InconsistentStateException { IsSourceActivation: true } inconsistent)
        {
            inconsistent.IsSourceActivation = false;
            LogInconsistentState(error, GrainId);
            Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationError, error, "A storage holds another version of the state."));
        }
    }

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            switch (_stage)
            {
                case ActivationStage.Created:
                    _stage = ActivationStage.Ended;
                    _deactivated.TrySetResult();
                    Runtime.Forget(this);
                    return;
                case ActivationStage.Deactivating or ActivationStage.Ended:
                    return;
                case ActivationStage.Activating when _reason.ReasonCode != DeactivationReasonCode.None:
                    return;
            }

            _reason = deactivationReason;
            _patience = cancellationToken;
            if (_stage == ActivationStage.Valid)
            {
                BeginEnd();
            }
        }
    }

    /// <summary>Ends the activation if it has been idle for longer than its class allows.</summary>
    public void DeactivateIfIdle(DateTimeOffset now)
    {
        lock (_gate)
        {
            var isBusy = _stage != ActivationStage.Valid || _running > 0 || _waiting.Count > 0 || _interleaving.Count > 0;
            if (isBusy || _keepUntil > now || Class.CollectionAge == Timeout.InfiniteTimeSpan
                || Runtime.Clock.GetElapsedTime(_lastUsed) < Class.CollectionAge)
            {
                return;
            }

            Deactivate(new DeactivationReason(DeactivationReasonCode.ActivationIdle, $"Idle for {Class.CollectionAge} or longer."));
        }
    }

    public void DelayDeactivation(TimeSpan span)
    {
        lock (_gate)
        {
            var now = Runtime.Clock.GetUtcNow();
            _keepUntil = span < TimeSpan.Zero ? default : span >= DateTimeOffset.MaxValue - now ? DateTimeOffset.MaxValue : now + span;
        }
    }

    public GrainTimer RegisterTimer(Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        if (Current is null)
        {
            throw new InvalidOperationException($"A timer of {GrainId} is made outside its grain's turns; ConfigureAwait(false) and Task.Run leave them.");
        }

        var timer = new GrainTimer(this, callback, options);
        lock (_gate)
        {
            _timers.Add(timer);
        }

        timer.Change(options.DueTime, options.Period);
        return timer;
    }

    public void Remove(GrainTimer timer)
    {
        lock (_gate)
        {
            _timers.Remove(timer);
        }
    }

    public void Add(Enumeration enumeration)
    {
        lock (_gate)
        {
            _enumerations.Add(enumeration);
            if (_stage == ActivationStage.Deactivating)
            {
                enumeration.Abort();
            }
        }
    }

    public void Remove(Enumeration enumeration)
    {
        lock (_gate)
        {
            _enumerations.Remove(enumeration);
        }
    }

    /// <summary>A state to read before <c>OnActivateAsync</c>.</summary>
    public void AddState(Func<CancellationToken, Task> read) => _stateReaders.Add(read);

    /// <summary>The worker: runs turns until there is none, or until others should have the thread.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        t_current = this;
        try
        {
            var until = Environment.TickCount64 + WorkerPatienceMilliseconds;
            while (TryTake(out var turn))
            {
                switch (turn)
                {
                    case Task task:
                        TryExecuteTask(task);
                        break;
                    case Request request:
                        // The task gives the request this scheduler for its continuations; the worker has no execution context to lend it.
                        new Task(static request => ((Request)request!).Execute(((Request)request).Target!), request).RunSynchronously(this);
                        break;
                    case Func<Task> operation:
                        new Task(static operation => ((Func<Task>)operation!)(), operation).RunSynchronously(this);
                        break;
                }

                if (Environment.TickCount64 > until)
                {
                    ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                    return;
                }
            }
        }
        finally
        {
            t_current = null;
        }
    }

    protected override void QueueTask(Task task)
    {
        lock (_gate)
        {
            _turns.Enqueue(task);
            CallWorker();
        }
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        t_current == this && !taskWasPreviouslyQueued && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_gate)
        {
            return [.. _turns];
        }
    }

    private void CallWorker()
    {
        if (!_isWorkerOut)
        {
            _isWorkerOut = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
        }
    }

    // Continuations and requests alternate, so that neither starves the other.
    private bool TryTake(out object? turn)
    {
        lock (_gate)
        {
            turn = _operation;
            _operation = null;
            if (turn is null)
            {
                _takesTurnsFirst = !_takesTurnsFirst;
                turn = _takesTurnsFirst ? (object?)TakeTask() ?? TakeRequest() : (object?)TakeRequest() ?? TakeTask();
            }

            _isWorkerOut = turn is not null;
            return _isWorkerOut;
        }
    }

    private Task? TakeTask() => _turns.TryDequeue(out var task) ? task : null;

    private Request? TakeRequest()
    {
        if (_stage != ActivationStage.Valid)
        {
            return null;
        }

        while (_interleaving.TryDequeue(out var request))
        {
            if (!request.IsSettled)
            {
                _running++;
                return request;
            }
        }

        if (!_mayAdmit)
        {
            return null;
        }

        for (var node = _waiting.First; node is not null;)
        {
            var (request, next) = (node.Value, node.Next);
            if (request.IsSettled)
            {
                _waiting.Remove(node);
            }
            else if (MayRun(request))
            {
                _waiting.Remove(node);
                _running++;
                _blocking.Add(request);
                return request;
            }
            else if (!Class.HasConditionalInterleaving)
            {
                break;
            }

            node = next;
        }

        _mayAdmit = false;
        return null;
    }

    private bool MayRun(Request request)
    {
        if (_blocking.Count == 0)
        {
            return true;
        }

        if (request.ReadOnly && _blocking.TrueForAll(blocking => blocking.ReadOnly))
        {
            return true;
        }

        try
        {
            return Class.MayInterleave is { } mayInterleave
                && (mayInterleave(GrainInstance!, request) || mayInterleave(GrainInstance!, _blocking[0]));
        }
        catch (Exception error)
        {
            LogPredicateFailed(error, GrainId);
            request.Fail(error);
            return false;
        }
    }

    private void BeginEnd()
    {
        _stage = ActivationStage.Deactivating;
        foreach (var enumeration in _enumerations)
        {
            enumeration.Abort();
        }

        EndWhenIdle();
        CallWorker();
    }

    private void EndWhenIdle()
    {
        if (_stage == ActivationStage.Deactivating && _running == 0)
        {
            _operation = DeactivateAsync;
        }
    }

    private async Task ActivateAsync()
    {
        try
        {
            using var patience = new CancellationTokenSource(Runtime.Collection.ActivationTimeout, Runtime.Clock);
            _scope = Runtime.ServiceProvider.CreateAsyncScope();
            GrainInstance = Class.CreateInstance(this);
            foreach (var read in _stateReaders)
            {
                await read(patience.Token);
            }

            if (GrainInstance is IGrainBase grain)
            {
                await grain.OnActivateAsync(patience.Token).WaitAsync(patience.Token);
            }

            lock (_gate)
            {
                _stage = ActivationStage.Valid;
                _lastUsed = Runtime.Clock.GetTimestamp();
                _mayAdmit = true;
                if (_reason.ReasonCode != DeactivationReasonCode.None)
                {
                    BeginEnd();
                }

                CallWorker();
            }
        }
        catch (Exception error)
        {
            LogActivationFailed(error, GrainId);
            DisposeTimers();
            await DisposeInstanceAsync();
            foreach (var request in End())
            {
                request.Fail(error);
            }
        }
    }

    private async Task DeactivateAsync()
    {
        DisposeTimers();
        using var timeout = new CancellationTokenSource(Runtime.Collection.DeactivationTimeout, Runtime.Clock);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _patience);
        try
        {
            if (GrainInstance is IGrainBase grain)
            {
                await grain.OnDeactivateAsync(_reason, patience.Token).WaitAsync(patience.Token);
            }
        }
        catch (Exception error)
        {
            LogDeactivationFailed(error, GrainId);
        }

        Enumeration[] enumerations;
        lock (_gate)
        {
            enumerations = [.. _enumerations];
        }

        try
        {
            await Task.WhenAll(enumerations.Select(enumeration => enumeration.DisposeAsync())).WaitAsync(patience.Token);
        }
        catch (Exception error)
        {
            LogDeactivationFailed(error, GrainId);
        }

        await DisposeInstanceAsync();
        foreach (var request in End())
        {
            request.Reroute(Runtime, GrainId, Class);
        }
    }

    // Forgotten by the catalog before its requests move on, so that they find the next activation.
    private List<Request> End()
    {
        List<Request> left;
        lock (_gate)
        {
            _stage = ActivationStage.Ended;
            left = [.. _waiting, .. _interleaving];
            _waiting.Clear();
            _interleaving.Clear();
        }

        Runtime.Forget(this);
        _deactivated.TrySetResult();
        return left.FindAll(request => !request.IsSettled);
    }

    private void DisposeTimers()
    {
        GrainTimer[] timers;
        lock (_gate)
        {
            timers = [.. _timers];
        }

        foreach (var timer in timers)
        {
            timer.Dispose();
        }
    }

    private async Task DisposeInstanceAsync()
    {
        try
        {
            switch (GrainInstance)
            {
                case IAsyncDisposable disposable:
                    await disposable.DisposeAsync();
                    break;
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
            }

            await _scope.DisposeAsync();
        }
        catch (Exception error)
        {
            LogDeactivationFailed(error, GrainId);
        }
    }
}
