using System.CommandLine;

namespace ImageBuilder.Sandbox.Throughput;

/// <summary>The command of the throughput of a cluster.</summary>
internal static class ThroughputCommands
{
    /// <summary>Measures.</summary>
    public static Command Throughput()
    {
        var quick = new Option<bool>("--quick") { Description = "A short version." };
        var command = new Command("throughput", "Measures what calls to a cluster of one silo and to one of three cost, and how that grows with grains.") { quick };
        command.SetAction((parsed, cancellationToken) => ThroughputRun.RunAsync(
            parsed.GetValue(quick) ? ThroughputOptions.Quick : new ThroughputOptions(), Console.Out, cancellationToken));
        return command;
    }
}
