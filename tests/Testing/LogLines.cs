using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Testing;

/// <summary>Keeps what is logged, and tells when a line has come.</summary>
public sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _lines = [];
    private readonly ConcurrentQueue<(string Part, TaskCompletionSource<string> Came)> _awaited = [];

    public IReadOnlyCollection<string> All => _lines;

    /// <summary>The first line with <paramref name="part"/>, also one that came before.</summary>
    public Task<string> WaitAsync(string part)
    {
        var came = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _awaited.Enqueue((part, came));
        foreach (var line in _lines.Where(line => line.Contains(part, StringComparison.Ordinal)))
        {
            came.TrySetResult(line);
        }

        return came.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = $"{logLevel}: {formatter(state, exception)} {exception}";
        _lines.Enqueue(line);
        foreach (var (_, came) in _awaited.Where(awaited => line.Contains(awaited.Part, StringComparison.Ordinal)))
        {
            came.TrySetResult(line);
        }
    }

    public void Dispose()
    {
    }
}
