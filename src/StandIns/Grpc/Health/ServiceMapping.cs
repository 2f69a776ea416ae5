namespace Grpc.AspNetCore.HealthChecks;

/// <summary>A service name and the checks that stand for it.</summary>
public sealed class ServiceMapping
{
    internal ServiceMapping(string name, Func<HealthCheckMapContext, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(predicate);
        Name = name;
        HealthCheckPredicate = predicate;
    }

    /// <summary>The service; "" is the server.</summary>
    public string Name { get; }

    /// <summary>Chooses checks.</summary>
    public Func<HealthCheckMapContext, bool> HealthCheckPredicate { get; }
}
