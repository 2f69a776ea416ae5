namespace ImageBuilder.Orleans.Behaviour.Tests.Turns;

public sealed class TurnGrain(Signals signals) : TurnGrainBase(signals), ITurnGrain;
