using System.Reflection;
using Xunit.Sdk;

namespace ImageBuilder.Builds.Tests.Logs;

/// <summary>The test is run with logs in files.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class InFilesAttribute(params object[] more) : DataAttribute
{
    public object[] More => more;

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[LogStoreKind.Files, .. more]];
}
