namespace ImageBuilder.Orleans.Behaviour.Tests.Activations;

public sealed class LifeGrain(Signals signals) : LifeGrainBase(signals), ILifeGrain;
