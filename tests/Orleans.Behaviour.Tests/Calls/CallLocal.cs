namespace ImageBuilder.Orleans.Behaviour.Tests.Calls;

public static class CallLocal
{
    public static readonly AsyncLocal<string?> Value = new();
}

public interface ILocalGrain : IGrainWithStringKey
{
    Task<string?> Value();
}

public sealed class LocalGrain : Grain, ILocalGrain
{
    public Task<string?> Value() => Task.FromResult(CallLocal.Value.Value);
}
