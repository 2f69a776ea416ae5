namespace ImageBuilder.Bob.Tests.Processes;

/// <summary>
/// Tests in which bob's own code, in the process of the tests, ends a program: that is all that the process has started, those of tests beside included. So these run alone.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public static class TestsThatEndAllChildren
{
    public const string Name = "tests that end all children";
}
