namespace ImageBuilder.Orleans.Behaviour.Tests.States;

public interface IMisconfiguredGrain : IGrainWithStringKey
{
    Task Ping();
}
