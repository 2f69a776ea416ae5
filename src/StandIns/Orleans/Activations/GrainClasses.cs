using System.Collections.Concurrent;
using System.Reflection;
using Orleans.Configuration;

namespace Orleans.Runtime;

/// <summary>Which class implements which grain interface, found in the loaded assemblies.</summary>
internal sealed class GrainClasses(GrainCollectionOptions collection)
{
    private readonly Lock _lock = new();
    private readonly HashSet<Assembly> _read = [];
    private readonly List<GrainClass> _classes = [];
    private readonly ConcurrentDictionary<(Type, string?), GrainClass> _byInterface = new();
    private readonly ConcurrentDictionary<GrainType, GrainClass> _byName = new();

    /// <exception cref="ArgumentException">No class implements the interface, or several do.</exception>
    public GrainClass ImplementationOf(Type contract, string? classNamePrefix) =>
        _byInterface.GetOrAdd((contract, classNamePrefix), Find);

    /// <exception cref="ArgumentException">No class has the name.</exception>
    public GrainClass Named(GrainType name) => _byName.GetOrAdd(name, name =>
        Classes().Find(one => one.GrainType == name) ?? throw new ArgumentException($"No grain class is named '{name}'."));

    private GrainClass Find((Type Contract, string? Prefix) key)
    {
        var found = Classes().FindAll(one => key.Contract.IsAssignableFrom(one.Type)
            && (key.Prefix is null || one.Type.FullName!.StartsWith(key.Prefix, StringComparison.Ordinal)));
        return found.Count switch
        {
            1 => found[0],
            0 => throw new ArgumentException($"Could not find an implementation for interface {key.Contract}: no class derived from Grain implements it."),
            _ => throw new ArgumentException(
                $"Unable to identify a single appropriate grain class for interface {key.Contract}: {string.Join(", ", found.Select(one => one.Type))}."),
        };
    }

    private List<GrainClass> Classes()
    {
        lock (_lock)
        {
            var own = typeof(Grain).Assembly.GetName().Name;
            foreach (var assembly in AppDomain.CurrentDomain.GetAssemblies())
            {
                if (!assembly.IsDynamic && _read.Add(assembly) && assembly.GetReferencedAssemblies().Any(reference => reference.Name == own))
                {
                    _classes.AddRange(assembly.GetTypes()
                        .Where(type => type is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false } && typeof(IGrainBase).IsAssignableFrom(type))
                        .Select(type => new GrainClass(type, collection)));
                }
            }

            return _classes;
        }
    }
}
