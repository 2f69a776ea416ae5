namespace ImageBuilder.Orleans.Behaviour.Tests.Activations;

public interface IKeptGrain : IGrainWithStringKey
{
    Task<int> Activation();
}
