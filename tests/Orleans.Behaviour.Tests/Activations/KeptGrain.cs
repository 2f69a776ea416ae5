namespace ImageBuilder.Orleans.Behaviour.Tests.Activations;

[KeepAlive]
public sealed class KeptGrain(Signals signals) : LifeGrainBase(signals), IKeptGrain;
