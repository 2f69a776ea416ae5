namespace ImageBuilder.Orleans.Behaviour.Tests.Turns;

public interface ICycleGrain : IGrainWithStringKey
{
    [ResponseTimeout("00:00:00.500")]
    Task<int> Around(int steps);
}
