namespace ImageBuilder.Orleans.Behaviour.Tests.States;

public interface IStateGrain : IGrainWithStringKey
{
    Task Write(string name);

    Task WriteWithoutStoring(string name);

    Task WriteOutsideItsTurns();

    Task<string?> Read();

    Task<bool> Exists();

    Task Clear();

    Task<int> Activation();

    Task End();
}
