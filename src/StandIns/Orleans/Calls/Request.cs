using System.Reflection;
using Orleans.Serialization.Invocation;

namespace Orleans.Runtime;

/// <summary>Something that an activation is to run: a call, a step of an enumeration, or a timer's tick.</summary>
internal abstract class Request : IInvokable
{
    private const int MostForwards = 100;

    private int _forwards;

    public Activation? Target { get; set; }

    public bool Interleaves { get; protected set; }

    public bool ReadOnly { get; protected init; }

    /// <summary>Whether running it counts as use of the activation.</summary>
    public bool KeepsAlive { get; protected init; } = true;

    /// <summary>Whether nobody waits for it any more, so that it need not start.</summary>
    public virtual bool IsSettled => false;

    // Links of OutstandingCalls, guarded by its lock.
    public Request? Next { get; set; }

    public Request? Previous { get; set; }

    public OutstandingCalls? Outstanding { get; set; }

    public long Deadline { get; set; }

    /// <summary>Runs on the activation's scheduler; ends with <see cref="Activation.Finish"/>, now or later.</summary>
    public abstract void Execute(Activation activation);

    /// <summary>It will not run.</summary>
    public abstract void Fail(Exception error);

    /// <summary>Its activation ended before it ran. Forwarding costs nothing within one process, so a grain that ends often loses no call; still it has a bound.</summary>
    public virtual void Reroute(SiloRuntime runtime, GrainId id, GrainClass grainClass)
    {
        if (++_forwards > MostForwards)
        {
            Fail(new OrleansMessageRejectionException($"{this} was forwarded {MostForwards} times, and each activation of {id} ended before it ran."));
        }
        else
        {
            runtime.Dispatch(this, id, grainClass);
        }
    }

    public virtual void OnTimeout()
    {
    }

    public virtual int GetArgumentCount() => 0;

    public virtual object? GetArgument(int index) => throw new ArgumentOutOfRangeException(nameof(index));

    public virtual string GetMethodName() => GetType().Name;

    public virtual string GetInterfaceName() => string.Empty;

    public virtual MethodInfo GetMethod() => throw new NotSupportedException();

    public virtual Type GetInterfaceType() => throw new NotSupportedException();
}
