using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Hosting;

namespace Orleans.Runtime;

/// <summary>Reminders in memory: they outlive activations, not the process.</summary>
internal sealed partial class ReminderService(SiloRuntime runtime, IOptions<ReminderOptions> options, ILogger<ReminderService> logger) : IDisposable
{
    private readonly ConcurrentDictionary<(GrainId, string), Reminder> _reminders = new();
    private readonly ILogger _logger = logger;

    private TimeProvider Clock { get; } = runtime.Clock;

    public Task<IGrainReminder> RegisterAsync(GrainId grainId, string name, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(period, TimeSpan.Zero);
        if (period < options.Value.MinimumReminderPeriod)
        {
            throw new ArgumentException(
                $"Cannot register reminder {name} as requested period ({period}) is less than minimum allowed reminder period ({options.Value.MinimumReminderPeriod})");
        }

        var reminder = new Reminder(this, grainId, name, Clock.GetUtcNow().UtcDateTime + dueTime, period);
        _reminders.AddOrUpdate((grainId, name), reminder, (_, previous) =>
        {
            previous.Dispose();
            return reminder;
        });
        reminder.Arm();
        return Task.FromResult<IGrainReminder>(reminder);
    }

    public Task UnregisterAsync(GrainId grainId, IGrainReminder reminder)
    {
        if (!_reminders.TryRemove(KeyValuePair.Create((grainId, reminder.ReminderName), (Reminder)reminder)))
        {
            throw new OrleansException($"Could not unregister reminder {reminder.ReminderName} of {grainId}: it has been changed or removed. Get it anew.");
        }

        ((Reminder)reminder).Dispose();
        return Task.CompletedTask;
    }

    public IGrainReminder? Find(GrainId grainId, string name) => _reminders.GetValueOrDefault((grainId, name));

    public List<IGrainReminder> FindAll(GrainId grainId) =>
        [.. _reminders.Where(one => one.Key.Item1 == grainId).Select(one => one.Value)];

    public void Dispose()
    {
        foreach (var reminder in _reminders.Values)
        {
            reminder.Dispose();
        }
    }

    private IRemindable GrainOf(GrainId grainId) => runtime.GetGrain<IRemindable>(grainId);

    [LoggerMessage(LogLevel.Error, "Reminder {Name} of grain {GrainId} failed; it ticks again when it is next due")]
    private partial void LogTickFailed(Exception error, string name, GrainId grainId);

    private sealed class Reminder : IGrainReminder, IDisposable
    {
        private readonly ReminderService _service;
        private readonly GrainId _grainId;
        private readonly DateTime _first;
        private readonly TimeSpan _period;
        private readonly ITimer _timer;

        public Reminder(ReminderService service, GrainId grainId, string name, DateTime first, TimeSpan period)
        {
            _service = service;
            _grainId = grainId;
            ReminderName = name;
            _first = first;
            _period = period;
            using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
            {
                _timer = service.Clock.CreateTimer(static reminder => ((Reminder)reminder!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }

        public string ReminderName { get; }

        public void Arm() => ArmAt(_first);

        public void Dispose() => _timer.Dispose();

        private async void Tick()
        {
            var now = _service.Clock.GetUtcNow().UtcDateTime;
            try
            {
                await _service.GrainOf(_grainId).ReceiveReminder(ReminderName, new TickStatus(_first, _period, now));
            }
            catch (Exception error)
            {
                _service.LogTickFailed(error, ReminderName, _grainId);
            }

            // A tick that took longer than the period does not pile up ticks.
            var periods = _period > TimeSpan.Zero ? Math.Floor((now - _first) / _period) + 1 : 1;
            ArmAt(_first + (_period * periods));
        }

        private void ArmAt(DateTime next)
        {
            var now = _service.Clock.GetUtcNow().UtcDateTime;
            _timer.Change(next > now ? next - now : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }
}
