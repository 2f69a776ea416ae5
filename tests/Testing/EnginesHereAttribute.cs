using System.Reflection;
using Xunit.Sdk;

namespace ImageBuilder.Testing;

/// <summary>Runs a theory with each engine that is on this machine, and then with each of the values, if there are any.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EnginesHereAttribute(params object[] values) : DataAttribute
{
    private static readonly (string Name, string[] Programs)[] s_engines = [("buildah", ["buildah"]), ("buildkit", ["buildkitd", "buildctl"])];

    /// <summary>Second arguments of the theory.</summary>
    public object[] Values { get; } = values;

    /// <inheritdoc />
    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => s_engines
        .Where(engine => MachinePrograms.WhyNot(engine.Programs) is null)
        .SelectMany(engine => Values.Length == 0 ? [[engine.Name]] : Values.Select(value => new[] { engine.Name, value }));
}
