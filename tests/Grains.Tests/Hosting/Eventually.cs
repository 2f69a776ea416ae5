namespace ImageBuilder.Grains.Tests.Hosting;

/// <summary>Waiting for what a grain does after it has answered, and gives no other signal of.</summary>
internal static class Eventually
{
    /// <summary>Ends when the condition holds.</summary>
    public static Task TrueAsync(Func<bool> condition) => TrueAsync(() => Task.FromResult(condition()));

    /// <summary>Ends when the condition holds.</summary>
    public static async Task TrueAsync(Func<Task<bool>> condition)
    {
        using var over = new CancellationTokenSource(Patience.Limit);
        while (!await condition())
        {
            over.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
