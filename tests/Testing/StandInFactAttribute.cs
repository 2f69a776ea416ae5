using Xunit;

namespace ImageBuilder.Testing;

/// <summary>A test that is run with a stand-in alone, and skipped, with the reason, with the package that it stands in for.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class StandInFactAttribute : FactAttribute
{
    /// <summary>Skipped where <paramref name="type"/> comes from its package, because of <paramref name="why"/>.</summary>
    public StandInFactAttribute(Type type, string why)
    {
        (Type, Why) = (type, why);
        if (!type.Assembly.GetName().Name!.StartsWith("ImageBuilder.", StringComparison.Ordinal))
        {
            Skip = why;
        }
    }

    /// <summary>A type that both have.</summary>
    public Type Type { get; }

    /// <summary>Why the package is left out.</summary>
    public string Why { get; }
}
