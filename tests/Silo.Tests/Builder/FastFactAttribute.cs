using System.Reflection;

namespace ImageBuilder.Silo.Tests.Builder;

/// <summary>A test of a bob that was compiled ahead of time; it is skipped, with the reason, where that was not asked for.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FastFactAttribute : FactAttribute
{
    /// <summary>Skipped unless all was built with <c>-p:Fast=true</c>.</summary>
    public FastFactAttribute() =>
        Skip = typeof(FastFactAttribute).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Any(note => note.Key == "Fast")
            ? null
            : "bob was not compiled ahead of time (-p:Fast=true), which takes the SDK's crossgen package";
}
