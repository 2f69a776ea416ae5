using System.Collections.Concurrent;
using System.Reflection;
using Orleans.Concurrency;

namespace Orleans.Runtime;

/// <summary>One method of a grain interface: how it is called, and what its attributes ask for.</summary>
internal sealed class GrainMethod
{
    private static readonly ConcurrentDictionary<MethodInfo, GrainMethod> Known = new();

    private readonly MethodInvoker _invoker;
    private readonly Func<GrainMethod, GrainReference, object?[], object?> _call;

    private GrainMethod(MethodInfo method)
    {
        if (method.IsGenericMethodDefinition || method.IsGenericMethod)
        {
            throw new NotSupportedException($"{method.DeclaringType}.{method.Name} is generic; grain methods of set 'standin' are not.");
        }

        Method = method;
        _invoker = MethodInvoker.Create(method);
        AlwaysInterleave = method.IsDefined(typeof(AlwaysInterleaveAttribute));
        ReadOnly = method.IsDefined(typeof(ReadOnlyAttribute));
        OneWay = method.ReturnType == typeof(void) || method.IsDefined(typeof(OneWayAttribute));
        ResponseTimeout = method.GetCustomAttribute<ResponseTimeoutAttribute>()?.Timeout;
        CancellationIndex = Array.FindIndex(method.GetParameters(), parameter => parameter.ParameterType == typeof(CancellationToken));

        var returned = method.ReturnType;
        var definition = returned.IsGenericType ? returned.GetGenericTypeDefinition() : returned;
        var (shape, result) = definition switch
        {
            _ when definition == typeof(void) => (ReturnShape.Nothing, typeof(bool)),
            _ when definition == typeof(Task) => (ReturnShape.Task, typeof(bool)),
            _ when definition == typeof(ValueTask) => (ReturnShape.ValueTask, typeof(bool)),
            _ when definition == typeof(Task<>) => (ReturnShape.TaskOfResult, returned.GenericTypeArguments[0]),
            _ when definition == typeof(ValueTask<>) => (ReturnShape.ValueTaskOfResult, returned.GenericTypeArguments[0]),
            _ when definition == typeof(IAsyncEnumerable<>) => (ReturnShape.Enumeration, returned.GenericTypeArguments[0]),
            _ => throw new NotSupportedException(
                $"{method.DeclaringType}.{method.Name} returns {returned}; a grain method returns Task, Task<T>, ValueTask, ValueTask<T>, IAsyncEnumerable<T> or nothing."),
        };
        Shape = shape;
        var factory = shape == ReturnShape.Enumeration ? typeof(GrainEnumerable<>) : typeof(GrainCall<>);
        _call = factory.MakeGenericType(result)
            .GetMethod("Call", BindingFlags.Static | BindingFlags.NonPublic)!
            .CreateDelegate<Func<GrainMethod, GrainReference, object?[], object?>>();
    }

    public MethodInfo Method { get; }

    public bool AlwaysInterleave { get; }

    public bool ReadOnly { get; }

    public bool OneWay { get; }

    public TimeSpan? ResponseTimeout { get; }

    public int CancellationIndex { get; }

    public ReturnShape Shape { get; }

    public static GrainMethod Of(MethodInfo method) => Known.GetOrAdd(method, static method => new GrainMethod(method));

    public object? Call(GrainReference reference, object?[] arguments) => _call(this, reference, arguments);

    public object? Invoke(object grain, object?[] arguments) => _invoker.Invoke(grain, arguments.AsSpan());

    public override string ToString() => $"{Method.DeclaringType?.Name}.{Method.Name}";
}
