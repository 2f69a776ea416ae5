namespace ImageBuilder.Silo.Tests.Storage;

public sealed record Step(string Name, DateTimeOffset At, TimeSpan? Took, long Bytes)
{
    public string Line => $"{Name} {Bytes}";
}
