using Orleans.Concurrency;

namespace ImageBuilder.Orleans.Behaviour.Tests.Turns;

[StatelessWorker(3)]
public sealed class WorkerGrain(Signals signals) : TurnGrainBase(signals), IWorkerGrain;
