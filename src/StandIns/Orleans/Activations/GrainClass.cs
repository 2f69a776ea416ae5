using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;
using Orleans.Configuration;
using Orleans.Serialization.Invocation;

namespace Orleans.Runtime;

/// <summary>A grain class: its name, what its attributes ask for, and how its objects are made.</summary>
internal sealed class GrainClass
{
    private readonly ConstructorInvoker _constructor;
    private readonly Func<Activation, object?>[] _parameters;

    public GrainClass(Type type, GrainCollectionOptions collection)
    {
        Type = type;
        GrainType = type.GetCustomAttribute<GrainTypeAttribute>()?.GrainType ?? GrainType.Create(NameByConvention(type));
        Reentrant = type.IsDefined(typeof(ReentrantAttribute));
        MaxWorkers = type.GetCustomAttribute<StatelessWorkerAttribute>()?.MaxLocalWorkers ?? 1;
        MayInterleave = PredicateOf(type);
        HasConditionalInterleaving = MayInterleave is not null
            || type.GetInterfaces().Any(contract => contract.GetMethods().Any(method => method.IsDefined(typeof(ReadOnlyAttribute))));
        CollectionAge = AgeOf(type, collection);

        var constructors = type.GetConstructors();
        var constructor = constructors.Length == 1
            ? constructors[0]
            : constructors.SingleOrDefault(one => one.IsDefined(typeof(ActivatorUtilitiesConstructorAttribute)))
                ?? throw new OrleansConfigurationException($"{type} has {constructors.Length} public constructors; a grain class has one, or marks one with [ActivatorUtilitiesConstructor].");
        _constructor = ConstructorInvoker.Create(constructor);
        _parameters = [.. constructor.GetParameters().Select(SourceOf)];
    }

    public Type Type { get; }

    public GrainType GrainType { get; }

    public bool Reentrant { get; }

    public int MaxWorkers { get; }

    public Func<object, IInvokable, bool>? MayInterleave { get; }

    /// <summary>Whether what may run beside what depends on both calls.</summary>
    public bool HasConditionalInterleaving { get; }

    /// <summary><see cref="Timeout.InfiniteTimeSpan"/> for never.</summary>
    public TimeSpan CollectionAge { get; }

    public object CreateInstance(Activation activation) =>
        _constructor.Invoke(_parameters.Select(source => source(activation)).ToArray().AsSpan());

    private static string NameByConvention(Type type)
    {
        var name = type.Name.ToLowerInvariant();
        return name.Length > 5 && name.EndsWith("grain", StringComparison.Ordinal) ? name[..^5] : name;
    }

    private static TimeSpan AgeOf(Type type, GrainCollectionOptions collection)
    {
        if (type.IsDefined(typeof(KeepAliveAttribute)))
        {
            return Timeout.InfiniteTimeSpan;
        }

        var age = type.GetCustomAttribute<CollectionAgeLimitAttribute>()?.AgeLimit
            ?? (collection.ClassSpecificCollectionAge.TryGetValue(type.FullName!, out var own) ? own : collection.CollectionAge);
        return age == TimeSpan.MaxValue ? Timeout.InfiniteTimeSpan : age;
    }

    private static Func<object, IInvokable, bool>? PredicateOf(Type type)
    {
        if (type.GetCustomAttribute<MayInterleaveAttribute>() is not { } attribute)
        {
            return null;
        }

        var method = type.GetMethod(
            attribute.CallbackMethodName, BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance, [typeof(IInvokable)]);
        if (method is null || method.ReturnType != typeof(bool))
        {
            throw new OrleansConfigurationException($"{type} names {attribute.CallbackMethodName} in [MayInterleave], but has no method bool {attribute.CallbackMethodName}(IInvokable).");
        }

        var invoker = MethodInvoker.Create(method);
        return (grain, call) => (bool)invoker.Invoke(method.IsStatic ? null : grain, call)!;
    }

    private static Func<Activation, object?> SourceOf(ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        if (parameter.GetCustomAttribute<PersistentStateAttribute>() is { } state)
        {
            if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(IPersistentState<>))
            {
                throw new OrleansConfigurationException($"{parameter.Member.DeclaringType}: parameter {parameter.Name} with [PersistentState] is an IPersistentState<T>.");
            }

            return typeof(PersistentState<>).MakeGenericType(type.GenericTypeArguments)
                .GetMethod("Create", BindingFlags.Static | BindingFlags.NonPublic)!
                .CreateDelegate<Func<Activation, PersistentStateAttribute, object>>()
                is var create ? activation => create(activation, state) : null!;
        }

        if (type == typeof(IGrainContext))
        {
            return static activation => activation;
        }

        if (parameter.GetCustomAttribute<FromKeyedServicesAttribute>() is { } keyed)
        {
            return parameter.HasDefaultValue
                ? activation => ((IKeyedServiceProvider)activation.ActivationServices).GetKeyedService(type, keyed.Key) ?? parameter.DefaultValue
                : activation => activation.ActivationServices.GetRequiredKeyedService(type, keyed.Key);
        }

        return parameter.HasDefaultValue
            ? activation => activation.ActivationServices.GetService(type) ?? parameter.DefaultValue
            : activation => activation.ActivationServices.GetRequiredService(type);
    }
}
