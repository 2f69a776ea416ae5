using Orleans.Runtime;

namespace ImageBuilder.Orleans.Behaviour.Tests.Hosting;

public sealed class Participant(Signals signals) : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle lifecycle)
    {
        foreach (var (name, stage) in (ReadOnlySpan<(string, int)>)
            [("active", ServiceLifecycleStage.Active), ("services", ServiceLifecycleStage.ApplicationServices)])
        {
            lifecycle.Subscribe(name, stage, _ => Note($"{name} starts"), _ => Note($"{name} stops"));
        }
    }

    private Task Note(string line)
    {
        signals.Write(line);
        return Task.CompletedTask;
    }
}
