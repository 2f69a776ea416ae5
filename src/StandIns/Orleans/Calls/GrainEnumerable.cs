namespace Orleans.Runtime;

/// <summary>A grain's enumeration on the reader's side; each reading starts one of its own on the activation.</summary>
internal sealed class GrainEnumerable<T> : IAsyncEnumerable<T>
{
    private readonly GrainMethod _method;
    private readonly GrainReference _reference;
    private readonly object?[] _arguments;

    private GrainEnumerable(GrainMethod method, GrainReference reference, object?[] arguments)
    {
        _method = method;
        _reference = reference;
        _arguments = arguments;
    }

    public int MaxBatchSize { get; set; } = 100;

    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        var argumentToken = _method.CancellationIndex < 0 ? default : (CancellationToken)_arguments[_method.CancellationIndex]!;
        return new GrainEnumerator<T>(_reference, new Enumeration<T>(_method, [.. _arguments], MaxBatchSize), argumentToken, cancellationToken);
    }

    internal static object Call(GrainMethod method, GrainReference reference, object?[] arguments) =>
        new GrainEnumerable<T>(method, reference, arguments);
}
