namespace ImageBuilder.Orleans.Behaviour.Tests.Enumerations;

public interface IEnumerationGrain : IGrainWithStringKey
{
    IAsyncEnumerable<int> Count(int to);

    IAsyncEnumerable<string> Follow(string name, CancellationToken cancellationToken = default);

    IAsyncEnumerable<int> FailAfter(int elements);

    Task Publish(string line);

    Task<int> Produced();

    Task End();
}
