namespace ImageBuilder.Integration.Tests.Resolves;

/// <summary>The tests that take the whole machine; they run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Crowds
{
    public const string Name = "crowds";
}
