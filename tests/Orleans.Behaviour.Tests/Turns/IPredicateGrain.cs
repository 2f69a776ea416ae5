namespace ImageBuilder.Orleans.Behaviour.Tests.Turns;

public interface IPredicateGrain : IGrainWithStringKey
{
    Task Hold(string name);

    Task Ping();

    Task Wait();
}
