namespace ImageBuilder.Grains;

/// <summary>Calls that wait for something to happen.</summary>
public static class LongPoll
{
    /// <summary>
    /// How long one waits before it is made again: 3 seconds. A caller learns of the loss of a silo when a call gets no answer, so this stays below the time
    /// after which calls are given up (<see cref="ResponseTimeout"/>), and that is as long as the loss can go unnoticed.
    /// </summary>
    public static TimeSpan Wait { get; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a call between processes may take, unless its method says otherwise: 5 seconds.</summary>
    public static TimeSpan ResponseTimeout { get; } = TimeSpan.FromSeconds(5);
}
