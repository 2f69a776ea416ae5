namespace ImageBuilder.Orleans.Behaviour.Tests.Turns;

public interface IWorkerGrain : IGrainWithIntegerKey
{
    Task Hold(string name);
}
