namespace ImageBuilder.Integration.Tests.Running;

/// <summary>The tests that share one running service; they run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class SharedService : ICollectionFixture<RunningService>
{
    public const string Name = "running service";
}
