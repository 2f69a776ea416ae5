using System.Collections.Concurrent;
using System.Reflection;

namespace Orleans.Runtime;

/// <summary>What a caller holds of a grain: its identity, and each call of the interface made into a request.</summary>
public class GrainReference : DispatchProxy, IAddressable, IEquatable<GrainReference>
{
    // Making a proxy takes reflection; a copy of one made before does not.
    private static readonly ConcurrentDictionary<Type, GrainReference> Prototypes = new();

    private Activation? _activation;

    /// <summary>Which grain this is.</summary>
    public GrainId GrainId { get; private set; }

    internal SiloRuntime Runtime { get; private set; } = null!;

    internal GrainClass Class { get; private set; } = null!;

    /// <inheritdoc />
    public bool Equals(GrainReference? other) => other is not null && GrainId == other.GrainId;

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as GrainReference);

    /// <inheritdoc />
    public override int GetHashCode() => GrainId.GetHashCode();

    /// <inheritdoc />
    public sealed override string ToString() => $"GrainReference:{GrainId}";

    /// <summary>Whether both are references to the same grain.</summary>
    public static bool operator ==(GrainReference? left, GrainReference? right) => Equals(left, right);

    /// <summary>Whether they are not.</summary>
    public static bool operator !=(GrainReference? left, GrainReference? right) => !Equals(left, right);

    internal static GrainReference Create(SiloRuntime runtime, Type grainInterface, GrainId id, GrainClass grainClass)
    {
        var prototype = Prototypes.GetOrAdd(grainInterface, static type => (GrainReference)Create(type, typeof(GrainReference)));
        var reference = (GrainReference)prototype.MemberwiseClone();
        reference.Runtime = runtime;
        reference.GrainId = id;
        reference.Class = grainClass;
        return reference;
    }

    // The activation is remembered, so that a reference that is used again skips the look-up; an ended one refuses the request.
    internal void Send(Request request)
    {
        if (_activation is not { } known || !known.TryEnqueue(request))
        {
            _activation = Runtime.Dispatch(request, GrainId, Class);
        }
    }

    /// <inheritdoc />
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        GrainMethod.Of(targetMethod!).Call(this, args ?? []);
}
