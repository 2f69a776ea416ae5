using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ImageBuilder.Grains.Tests;

/// <summary>
/// Walks every type that crosses a grain interface, and every stored state, and notes what would not survive the way between two silos or
/// into a file: in one process nothing is copied, so that nothing else finds it.
/// </summary>
internal sealed class SerializationWalk
{
    private const BindingFlags OwnMembers = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly HashSet<Type> Simple =
    [
        typeof(string), typeof(decimal), typeof(Guid), typeof(DateTimeOffset), typeof(TimeSpan), typeof(Uri),
    ];

    private static readonly HashSet<Type> Containers = [typeof(ImmutableArray<>), typeof(ImmutableDictionary<,>), typeof(Nullable<>)];

    private readonly HashSet<Type> _walked = [];
    private readonly Dictionary<string, Type> _aliases = [];
    private readonly List<string> _problems = [];

    /// <summary>What is wrong, one line each; empty when all is well.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>How many types of ours were walked.</summary>
    public int Walked => _walked.Count;

    /// <summary>Walks the methods of a grain interface.</summary>
    public void WalkInterface(Type contract)
    {
        foreach (var method in contract.GetMethods())
        {
            var where = $"{contract.Name}.{method.Name}";
            WalkResult(method.ReturnType, where);
            foreach (var parameter in method.GetParameters().Where(parameter => parameter.ParameterType != typeof(CancellationToken)))
            {
                WalkValue(parameter.ParameterType, $"{where}({parameter.Name})");
            }
        }
    }

    /// <summary>Walks a stored state: every property of it, and of what it holds, must come back from JSON.</summary>
    public void WalkState(Type state)
    {
        var json = new JsonSerializerOptions
        {
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
            Converters = { new JsonStringEnumConverter() },
        };
        if (state.GetConstructor(Type.EmptyTypes) is null)
        {
            _problems.Add($"{state.Name} is a state and has no constructor without parameters, which storages call when there is no state yet");
        }
        else
        {
            try
            {
                JsonSerializer.SerializeToUtf8Bytes(Activator.CreateInstance(state), state, json);
            }
            catch (InvalidOperationException error)
            {
                _problems.Add($"{state.Name} cannot be written as it is when new ({error.Message}); a default ImmutableArray is one cause");
            }
        }

        WalkStored(state, state.Name, json, []);
    }

    private void WalkResult(Type type, string where)
    {
        var definition = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        if (definition == typeof(Task<>) || definition == typeof(ValueTask<>) || definition == typeof(IAsyncEnumerable<>))
        {
            WalkValue(type.GenericTypeArguments[0], where);
        }
        else if (type != typeof(Task) && type != typeof(ValueTask) && type != typeof(void))
        {
            _problems.Add($"{where} returns {type.Name}; a grain method returns Task, ValueTask, IAsyncEnumerable or nothing");
        }
    }

    private void WalkValue(Type type, string where)
    {
        if (type.IsPrimitive || type.IsEnum || Simple.Contains(type))
        {
            return;
        }

        if (type.IsGenericType && Containers.Contains(type.GetGenericTypeDefinition()))
        {
            foreach (var argument in type.GenericTypeArguments)
            {
                WalkValue(argument, where);
            }
        }
        else if (!IsOurs(type) || type.IsInterface || type.IsGenericType)
        {
            _problems.Add($"{where}: {type} crosses a grain call; simple types, ImmutableArray, ImmutableDictionary and immutable types of ours do");
        }
        else if (_walked.Add(type))
        {
            WalkOwn(type);
        }
    }

    private void WalkOwn(Type type)
    {
        Require(type.IsDefined(typeof(GenerateSerializerAttribute), false), type, "lacks [GenerateSerializer]");
        Require(type.IsDefined(typeof(ImmutableAttribute), false), type, "lacks [Immutable]");
        var alias = type.GetCustomAttributes<AliasAttribute>(false).FirstOrDefault()?.Alias;
        Require(alias is not null, type, "lacks [Alias]");
        if (alias is not null && !_aliases.TryAdd(alias, type))
        {
            Require(_aliases[alias] == type, type, $"has the alias of {_aliases[alias].Name}");
        }

        WalkMembers(type);
        if (type.IsAbstract)
        {
            var kinds = type.Assembly.GetTypes().Where(kind => kind.IsSubclassOf(type)).ToList();
            Require(kinds.Count > 0, type, "is abstract and has no derived types");
            foreach (var kind in kinds)
            {
                WalkValue(kind, type.Name);
            }
        }
        else
        {
            Require(type.IsSealed, type, "is not sealed");
        }

        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType))
        {
            WalkValue(parent, type.Name);
        }
    }

    private void WalkMembers(Type type)
    {
        Dictionary<uint, string> ids = [];
        foreach (var field in type.GetFields(OwnMembers))
        {
            if (PropertyOf(field) is not { } property)
            {
                _problems.Add($"{type.Name}.{field.Name} is a field; only properties cross a grain call");
                continue;
            }

            var where = $"{type.Name}.{property.Name}";
            if (property.GetCustomAttribute<IdAttribute>() is not { } id)
            {
                _problems.Add($"{where} lacks [Id] ([property: Id(n)] on a record's parameter)");
            }
            else if (!ids.TryAdd(id.Id, property.Name))
            {
                _problems.Add($"{where} has the [Id] of {ids[id.Id]}");
            }

            if (property.SetMethod is { } setter && !IsInit(setter))
            {
                _problems.Add($"{where} can be set after it was made; it is get-only or init");
            }

            WalkValue(property.PropertyType, where);
        }
    }

    private void WalkStored(Type type, string where, JsonSerializerOptions json, HashSet<Type> seen)
    {
        if (!seen.Add(type))
        {
            return;
        }

        if (type.IsArray || type.IsGenericType)
        {
            foreach (var part in type.IsArray ? [type.GetElementType()!] : type.GenericTypeArguments)
            {
                WalkStored(part, where, json, seen);
            }

            return;
        }

        if (!IsOurs(type) || type.IsEnum)
        {
            return;
        }

        if (type.IsInterface || (type.IsAbstract && !type.IsDefined(typeof(JsonDerivedTypeAttribute), false)))
        {
            _problems.Add($"{where}: {type.Name} is stored as JSON and is abstract; [JsonDerivedType] says which types it may be");
            return;
        }

        var shape = json.GetTypeInfo(type);
        if (type.GetFields(BindingFlags.Instance | BindingFlags.Public).Length > 0)
        {
            _problems.Add($"{type.Name} is stored as JSON and has public fields; only properties are stored");
        }

        foreach (var field in type.GetFields(OwnMembers))
        {
            if (PropertyOf(field) is not { } property || property.IsDefined(typeof(JsonIgnoreAttribute)))
            {
                continue;
            }

            var stored = shape.Properties.FirstOrDefault(one => one.Name == property.Name);
            var comesBack = stored is not null && (stored.Set is not null || stored.AssociatedParameter is not null);
            if (!comesBack)
            {
                _problems.Add($"{type.Name}.{property.Name} is stored as JSON and does not come back: it needs a public setter, init, or a constructor parameter");
            }

            WalkStored(property.PropertyType, $"{type.Name}.{property.Name}", json, seen);
        }
    }

    private static bool IsOurs(Type type) => type.Assembly.GetName().Name!.StartsWith("ImageBuilder.", StringComparison.Ordinal);

    private static bool IsInit(MethodInfo setter) => setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));

    private static PropertyInfo? PropertyOf(FieldInfo backing) =>
        backing.Name.EndsWith(">k__BackingField", StringComparison.Ordinal)
            ? backing.DeclaringType!.GetProperty(backing.Name[1..backing.Name.IndexOf('>', StringComparison.Ordinal)], OwnMembers)
            : null;

    private void Require(bool isSo, Type type, string problem)
    {
        if (!isSo)
        {
            _problems.Add($"{type.Name} crosses a grain call and {problem}");
        }
    }
}
