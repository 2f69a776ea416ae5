namespace Grpc.Core.Interceptors;

/// <summary>Puts interceptors before an invoker.</summary>
public static class CallInvokerExtensions
{
    /// <summary>Every call goes through <paramref name="interceptor"/>.</summary>
    public static CallInvoker Intercept(this CallInvoker invoker, Interceptor interceptor)
    {
        ArgumentNullException.ThrowIfNull(invoker);
        ArgumentNullException.ThrowIfNull(interceptor);
        return new InterceptingCallInvoker(invoker, interceptor);
    }

    /// <summary>Every call goes through the interceptors, the first one first.</summary>
    public static CallInvoker Intercept(this CallInvoker invoker, params Interceptor[] interceptors)
    {
        ArgumentNullException.ThrowIfNull(interceptors);
        return interceptors.Reverse().Aggregate(invoker, (inner, interceptor) => inner.Intercept(interceptor));
    }
}
