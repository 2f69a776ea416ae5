using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>Gets a service or interceptor for one call: from the call's scope, else made for the call and disposed with it.</summary>
internal sealed class Activator<T>(Type type, IReadOnlyList<object> arguments)
    where T : class
{
    private readonly object[] _arguments = [.. arguments];
    private readonly Lazy<ObjectFactory> _factory =
        new(() => ActivatorUtilities.CreateFactory(type, [.. arguments.Select(argument => argument.GetType())]));

    public T Get(IServiceProvider services, out bool isOwned)
    {
        if (_arguments.Length == 0 && services.GetService(type) is T registered)
        {
            isOwned = false;
            return registered;
        }

        isOwned = true;
        return (T)_factory.Value(services, _arguments);
    }

    public static ValueTask ReleaseAsync(T instance, bool isOwned)
    {
        switch (isOwned ? instance : null)
        {
            case IAsyncDisposable disposable:
                return disposable.DisposeAsync();
            case IDisposable disposable:
                disposable.Dispose();
                break;
        }

        return ValueTask.CompletedTask;
    }
}
