using Xunit;

namespace ImageBuilder.Testing;

/// <summary>A test of what a package does and its stand-in does not; it is skipped, with the reason, with the stand-in, and where a program is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PackageFactAttribute : FactAttribute
{
    /// <summary>Skipped where <paramref name="type"/> does not come from its package, or one of <paramref name="programs"/> is not on this machine.</summary>
    public PackageFactAttribute(Type type, params string[] programs)
    {
        (Type, Programs) = (type, programs);
        Skip = type.Assembly.GetName().Name!.StartsWith("ImageBuilder.", StringComparison.Ordinal)
            ? $"{type.Name} does nothing in set 'standin'; set 'nuget' runs this"
            : MachinePrograms.WhyNot(programs);
    }

    /// <summary>A type that both have.</summary>
    public Type Type { get; }

    /// <summary>The programs that the test runs.</summary>
    public string[] Programs { get; }
}
