using System.Reflection;
using ImageBuilder.Testing;
using Xunit.Sdk;

namespace ImageBuilder.Builds.Tests.Logs;

/// <summary>The test is run with logs in a database; it is skipped, with the reason, where PostgreSQL is not installed.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class InPostgresAttribute : DataAttribute
{
    public InPostgresAttribute(params object[] more) => (More, Skip) = (more, MachinePrograms.WhyNot(["postgres"]));

    public object[] More { get; }

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[LogStoreKind.Postgres, .. More]];
}
