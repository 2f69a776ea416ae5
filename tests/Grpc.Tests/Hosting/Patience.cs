using Grpc.Core;

namespace ImageBuilder.Grpc.Tests.Hosting;

/// <summary>How long a test waits for what must come.</summary>
internal static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static Task Patiently(this Task task) => task.WaitAsync(Limit);

    public static Task<T> Patiently<T>(this Task<T> task) => task.WaitAsync(Limit);

    public static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static TaskCompletionSource<T> Signal<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A task that ends when the token is cancelled.</summary>
    public static async Task UntilCancelled(CancellationToken token)
    {
        var cancelled = Signal();
        await using var registration = token.Register(() => cancelled.TrySetResult());
        await cancelled.Task;
    }

    /// <summary>The failure that a call ends with.</summary>
    public static async Task<RpcException> FailsAsync(this Task call) => await Should.ThrowAsync<RpcException>(() => call.Patiently());
}
