namespace Orleans.Concurrency;

/// <summary>
/// A grain class that decides call by call what interleaves: the named method takes an <c>IInvokable</c> and answers whether
/// the call may run beside others. It is asked for the arriving call and for the one that blocks it.
/// </summary>
/// <param name="callbackMethodName">A method of the class, static or not: <c>bool Name(IInvokable)</c>.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class MayInterleaveAttribute(string callbackMethodName) : Attribute
{
    internal string CallbackMethodName { get; } = callbackMethodName;
}
