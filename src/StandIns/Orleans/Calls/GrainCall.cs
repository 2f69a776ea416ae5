using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace Orleans.Runtime;

/// <summary>One call of a grain method, from the caller's arguments to the caller's task.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "A source of cancellation without a timer or links holds nothing to release, and the grain may keep its token.")]
[SuppressMessage("Reliability", "CA2012", Justification = "The value task is boxed once, as what the caller's method returns.")]
internal sealed class GrainCall<T> : Request
{
    private readonly GrainMethod _method;
    private readonly GrainReference _reference;
    private readonly object?[] _arguments;
    private readonly Dictionary<string, object>? _context;
    private readonly TaskCompletionSource<T>? _answer;
    private CancellationTokenSource? _cancellation;
    private CancellationTokenRegistration _callerCancellation;
    private Task? _running;

    private GrainCall(GrainMethod method, GrainReference reference, object?[] arguments)
    {
        _method = method;
        _reference = reference;
        _arguments = arguments;
        _context = RequestContext.Snapshot;
        Interleaves = method.AlwaysInterleave || reference.Class.Reentrant;
        ReadOnly = method.ReadOnly;
        if (!method.OneWay)
        {
            _answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public override bool IsSettled => _answer?.Task.IsCompleted ?? false;

    internal static object? Call(GrainMethod method, GrainReference reference, object?[] arguments)
    {
        var call = new GrainCall<T>(method, reference, arguments);
        call.Send();
        var answer = call._answer?.Task;
        return method.Shape switch
        {
            ReturnShape.Nothing => null,
            ReturnShape.Task => answer ?? Task.CompletedTask,
            ReturnShape.TaskOfResult => answer ?? Task.FromResult<T>(default!),
            ReturnShape.ValueTask => answer is null ? ValueTask.CompletedTask : new ValueTask(answer),
            _ => answer is null ? ValueTask.FromResult<T>(default!) : new ValueTask<T>(answer),
        };
    }

    public override void Execute(Activation activation)
    {
        if (_context is not null)
        {
            RequestContext.Snapshot = _context;
        }

        try
        {
            if (_cancellation is not null)
            {
                _arguments[_method.CancellationIndex] = _cancellation.Token;
            }

            var returned = _method.Invoke(activation.GrainInstance!, _arguments);
            _running = _method.Shape switch
            {
                ReturnShape.Nothing => Task.CompletedTask,
                ReturnShape.ValueTask => ((ValueTask)returned!).AsTask(),
                ReturnShape.ValueTaskOfResult => ((ValueTask<T>)returned!).AsTask(),
                _ => (Task?)returned ?? throw new InvalidOperationException($"{_method} returned null in place of a task."),
            };
        }
        catch (Exception error)
        {
            _running = Task.FromException<T>(error);
        }

        if (_running.IsCompleted)
        {
            Complete();
        }
        else
        {
            _running.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(Complete);
        }
    }

    public override void Fail(Exception error)
    {
        if (_answer is null)
        {
            _reference.Runtime.LogOneWayFailed(error, this);
        }
        else if (_answer.TrySetException(error))
        {
            Settle();
        }
    }

    public override void OnTimeout()
    {
        var timeout = _method.ResponseTimeout ?? _reference.Runtime.Messaging.ResponseTimeout;
        Fail(new TimeoutException($"Response did not arrive on time in {timeout} for {_method} of {_reference.GrainId}."));
        if (_reference.Runtime.Messaging.CancelRequestOnTimeout)
        {
            CancelAtTarget();
        }
    }

    public override int GetArgumentCount() => _arguments.Length;

    public override object? GetArgument(int index) => _arguments[index];

    public override string GetMethodName() => _method.Method.Name;

    public override string GetInterfaceName() => GetInterfaceType().FullName!;

    public override MethodInfo GetMethod() => _method.Method;

    public override Type GetInterfaceType() => _method.Method.DeclaringType!;

    public override string ToString() => $"{_method} of {_reference.GrainId}";

    private void Send()
    {
        var messaging = _reference.Runtime.Messaging;
        var token = _method.CancellationIndex < 0 ? default : (CancellationToken)_arguments[_method.CancellationIndex]!;
        if (token.IsCancellationRequested)
        {
            _answer?.TrySetCanceled(token);
            return;
        }

        if (_method.CancellationIndex >= 0 && (token.CanBeCanceled || messaging.CancelRequestOnTimeout))
        {
            _cancellation = new CancellationTokenSource();
        }

        if (_answer is not null)
        {
            _reference.Runtime.Outstanding.Add(this, _method.ResponseTimeout ?? messaging.ResponseTimeout);
        }

        _reference.Send(this);
        if (token.CanBeCanceled)
        {
            _callerCancellation = token.UnsafeRegister(static (state, token) => ((GrainCall<T>)state!).OnCallerCancelled(token), this);
            if (IsSettled)
            {
                _callerCancellation.Dispose();
            }
        }
    }

    private void OnCallerCancelled(CancellationToken token)
    {
        if (!_reference.Runtime.Messaging.WaitForCancellationAcknowledgement && (_answer?.TrySetCanceled(token) ?? false))
        {
            Outstanding?.Remove(this);
        }

        CancelAtTarget();
    }

    // On the activation's scheduler, so that what the grain registered on its token keeps to its turns. A call that still waits for its turn never gets it.
    private void CancelAtTarget()
    {
        if (_cancellation is not { } cancellation)
        {
            return;
        }

        if (Target is { } target)
        {
            target.Post(() =>
            {
                cancellation.Cancel();
                if (_running is null)
                {
                    CancelUnstarted();
                }
            });
        }
        else
        {
            CancelUnstarted();
        }
    }

    private void CancelUnstarted()
    {
        if (_answer?.TrySetCanceled() ?? false)
        {
            Settle();
        }
    }

    private void Complete()
    {
        var running = _running!;
        var error = running.IsFaulted ? running.Exception!.InnerException : null;
        Target!.Finish(this, error);
        if (_answer is null)
        {
            if (error is not null)
            {
                _reference.Runtime.LogOneWayFailed(error, this);
            }

            return;
        }

        var isFirst = running switch
        {
            { IsFaulted: true } => _answer.TrySetException(running.Exception!.InnerExceptions),
            { IsCanceled: true } => _answer.TrySetException(CancellationOf(running)),
            Task<T> task => _answer.TrySetResult(task.Result),
            _ => _answer.TrySetResult(default!),
        };
        if (isFirst)
        {
            Settle();
        }
    }

    private static OperationCanceledException CancellationOf(Task cancelled)
    {
        try
        {
            cancelled.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException error)
        {
            return error;
        }

        return new OperationCanceledException();
    }

    private void Settle()
    {
        Outstanding?.Remove(this);
        _callerCancellation.Dispose();
    }
}
