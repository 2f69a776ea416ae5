using System.Reflection;

namespace ImageBuilder.Silo.Tests.Builder;

/// <summary>A test of a bob that was compiled to machine code; it is skipped, with the reason, where that was not asked for.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NativeBobFactAttribute : FactAttribute
{
    /// <summary>Skipped unless all was built with <c>-p:NativeBob=…</c>.</summary>
    public NativeBobFactAttribute() =>
        Skip = typeof(NativeBobFactAttribute).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Any(note => note.Key == "NativeBob")
            ? null
            : "bob was not compiled to machine code (-p:NativeBob=…), which takes .NET's native compiler from the package source";
}
