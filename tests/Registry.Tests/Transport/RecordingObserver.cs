using System.Collections.Concurrent;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Tests.Transport;

/// <summary>Notes what it is told, and lets a test wait for it.</summary>
internal sealed class RecordingObserver : IRegistryObserver
{
    public ConcurrentQueue<string> Requests { get; } = [];

    public ConcurrentQueue<(string Host, RegistryBudget Budget)> Budgets { get; } = [];

    public ConcurrentQueue<(string Host, TimeSpan Duration)> Blocks { get; } = [];

    public void Requested(string host, RegistryRequestKind kind, string method, int? statusCode, TimeSpan elapsed)
    {
        elapsed.ShouldBeGreaterThanOrEqualTo(TimeSpan.Zero);
        Requests.Enqueue($"{host} {kind} {method} {statusCode}");
    }

    public void BudgetSeen(string host, RegistryBudget budget) => Budgets.Enqueue((host, budget));

    public void BudgetBlocked(string host, TimeSpan duration) => Blocks.Enqueue((host, duration));
}
