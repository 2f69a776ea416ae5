namespace ImageBuilder.Orleans.Behaviour.Tests.Turns;

public interface IReentrantGrain : IGrainWithStringKey
{
    Task Hold(string name);

    Task Ping();

    Task<int> Increment();

    Task<int> Around(int steps);
}
