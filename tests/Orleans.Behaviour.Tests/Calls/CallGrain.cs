namespace ImageBuilder.Orleans.Behaviour.Tests.Calls;

public sealed class CallGrain(Signals signals) : Grain, ICallGrain
{
    public Task Plain() => Task.CompletedTask;

    public Task<int> Add(int one, int other) => Task.FromResult(one + other);

    public async ValueTask PlainValue() => await Task.Yield();

    public ValueTask<string> Echo(string text) => ValueTask.FromResult(text);

    public Task<Order> Pass(Order order) => Task.FromResult(order);

    public Task OneWay(string name)
    {
        signals.Set(name);
        throw new InvalidOperationException("nobody hears this");
    }

    public void Nothing(string name) => signals.Set(name);

    public Task Throw(string message) => throw new InvalidOperationException(message);

    public async Task ThrowLater(string message)
    {
        await Task.Yield();
        throw new KeyNotFoundException(message);
    }

    public Task ThrowOwn(int code) => throw new OwnException("own", code);

    public Task Slow(string name) => signals.WaitAsync(name);

    public async Task Hold(string name)
    {
        signals.Set($"{name} holds");
        await signals.WaitAsync($"{name} may go");
    }

    public async Task Cancellable(string name, CancellationToken cancellationToken)
    {
        signals.Set($"{name} runs");
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            signals.Set($"{name} cancelled");
        }
    }

    public Task<string?> ContextValue(string key) => Task.FromResult(RequestContext.Get(key) as string);

    public async Task<string?> ContextValueBeyond(string key, string other)
    {
        await Task.Yield();
        return await GrainFactory.GetGrain<ICallGrain>(other).ContextValue(key);
    }

    public Task SetContext(string key, string value)
    {
        RequestContext.Set(key, value);
        return Task.CompletedTask;
    }

    public Task<string> AskBack(string other) => GrainFactory.GetGrain<ICallGrain>(other).WhoCalls(this.AsReference<ICallGrain>());

    public Task<string> WhoCalls(ICallGrain caller) => Task.FromResult(caller.GetPrimaryKeyString());

    public Task<string> Name() => Task.FromResult(this.GetPrimaryKeyString());
}
