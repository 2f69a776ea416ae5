namespace ImageBuilder.Orleans.Behaviour.Tests.States;

[GenerateSerializer, Alias("Behaviour.Record")]
public sealed class Record
{
    [Id(0)]
    public string? Name { get; set; }
}
