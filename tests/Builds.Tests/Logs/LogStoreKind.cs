namespace ImageBuilder.Builds.Tests.Logs;

/// <summary>Where a test keeps its logs.</summary>
public enum LogStoreKind
{
    Files,
    Postgres,
}
