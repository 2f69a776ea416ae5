namespace ImageBuilder.Orleans.Behaviour.Tests.Calls;

[GenerateSerializer]
public sealed class OwnException(string message, int code) : Exception(message)
{
    [Id(0)]
    public int Code { get; init; } = code;
}
