using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

/// <summary>Ends a call when its deadline passes before its method has ended.</summary>
internal sealed partial class CallDeadline : IAsyncDisposable
{
    /// <summary>A timer takes no longer time; a later deadline arms it again.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(40);

    /// <summary>How long the client may take to read the end of the response before its stream is reset.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    // The deadline comes from the wire, so it is held against the machine's clock as the client's is.
    private static readonly TimeProvider Clock = TimeProvider.System;

    private readonly Lock _lock = new();
    private readonly HttpServerCallContext _context;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private CancellationTokenSource? _cancellation;
    private Task? _exceeded;
    private bool _ended;

    public CallDeadline(HttpServerCallContext context, TimeSpan timeout, ILogger logger)
    {
        _context = context;
        _logger = logger;
        var now = Clock.GetUtcNow().UtcDateTime;
        Deadline = timeout < DateTime.MaxValue - now ? now + timeout : DateTime.MaxValue;
        using (ExecutionContext.SuppressFlow())
        {
            _timer = Clock.CreateTimer(static state => ((CallDeadline)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        Arm();
    }

    public DateTime Deadline { get; }

    public bool IsExceeded
    {
        get
        {
            lock (_lock)
            {
                return _exceeded is not null;
            }
        }
    }

    /// <summary>Cancelled at the deadline, and when the client goes away. Made when it is first asked for.</summary>
    public CancellationToken CancellationToken
    {
        get
        {
            lock (_lock)
            {
                if (_cancellation is null)
                {
                    _cancellation = CancellationTokenSource.CreateLinkedTokenSource(_context.HttpContext.RequestAborted);
                    if (_exceeded is not null)
                    {
                        _cancellation.Cancel();
                    }
                }

                return _cancellation.Token;
            }
        }
    }

    /// <summary>The method has ended; false when the deadline was first.</summary>
    public bool TryEnd()
    {
        lock (_lock)
        {
            _ended = true;
            return _exceeded is null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        if (_exceeded is not null)
        {
            await _exceeded;
        }

        _cancellation?.Dispose();
    }

    private void Arm()
    {
        var due = Deadline - Clock.GetUtcNow().UtcDateTime;
        _timer.Change(due < TimeSpan.Zero ? TimeSpan.Zero : due < LongestTimer ? due : LongestTimer, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        if (Clock.GetUtcNow().UtcDateTime < Deadline)
        {
            Arm();
            return;
        }

        lock (_lock)
        {
            if (!_ended)
            {
                _exceeded = Task.Run(ExceedAsync);
            }
        }
    }

    private async Task ExceedAsync()
    {
        try
        {
            var ending = _context.EndAtDeadlineAsync();
            CancellationTokenSource? cancellation;
            lock (_lock)
            {
                cancellation = _cancellation;
            }

            if (cancellation is not null)
            {
                await cancellation.CancelAsync();
            }

            await ending.WaitAsync(Grace, Clock);
        }
        catch (Exception failure)
        {
            LogEndFailed(_logger, failure);
        }

        _context.Reset();
    }
}
