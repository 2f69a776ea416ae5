using Orleans.Concurrency;

namespace ImageBuilder.Orleans.Behaviour.Tests.Calls;

public interface ICallGrain : IGrainWithStringKey
{
    Task Plain();

    Task<int> Add(int one, int other);

    ValueTask PlainValue();

    ValueTask<string> Echo(string text);

    Task<Order> Pass(Order order);

    [OneWay]
    Task OneWay(string name);

    [OneWay]
    void Nothing(string name);

    Task Throw(string message);

    Task ThrowLater(string message);

    Task ThrowOwn(int code);

    [ResponseTimeout("00:00:00.300")]
    Task Slow(string name);

    Task Hold(string name);

    Task Cancellable(string name, CancellationToken cancellationToken);

    Task<string?> ContextValue(string key);

    Task<string?> ContextValueBeyond(string key, string other);

    Task SetContext(string key, string value);

    Task<string> AskBack(string other);

    Task<string> WhoCalls(ICallGrain caller);

    Task<string> Name();
}
