namespace ImageBuilder.Silo.Tests.Storage;

public enum BuildPhase
{
    Queued,
    Running,
}
