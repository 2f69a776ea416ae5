using System.Reflection;

namespace Orleans.Serialization.Invocation;

/// <summary>One call of a grain method, as a <c>MayInterleave</c> predicate sees it.</summary>
public interface IInvokable
{
    /// <summary>How many arguments the call has.</summary>
    int GetArgumentCount();

    /// <summary>The argument at <paramref name="index"/>.</summary>
    object? GetArgument(int index);

    /// <summary>The name of the method.</summary>
    string GetMethodName();

    /// <summary>The full name of the interface.</summary>
    string GetInterfaceName();

    /// <summary>The method of the interface.</summary>
    MethodInfo GetMethod();

    /// <summary>The interface.</summary>
    Type GetInterfaceType();
}
