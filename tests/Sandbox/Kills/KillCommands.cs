using System.CommandLine;

namespace ImageBuilder.Sandbox.Kills;

/// <summary>The command of the kills.</summary>
internal static class KillCommands
{
    /// <summary>Kills the service.</summary>
    public static Command Kills()
    {
        var defaults = new KillsOptions();
        var scripted = new Option<int>("--scripted") { Description = "Kills while a scripted builder runs the builds.", DefaultValueFactory = _ => defaults.Scripted };
        var real = new Option<int>("--real") { Description = "Kills while bob runs them.", DefaultValueFactory = _ => defaults.Real };
        var builds = new Option<int>("--builds") { Description = "Builds before each kill.", DefaultValueFactory = _ => defaults.Builds };
        var seed = new Option<int>("--seed") { Description = "What the moments are drawn from.", DefaultValueFactory = _ => defaults.Seed };
        var command = new Command("kills", "Kills the service at random moments while builds run, and looks whether anything was lost.") { scripted, real, builds, seed };
        command.SetAction((parsed, cancellationToken) => KillsRun.RunAsync(
            new KillsOptions
            {
                Scripted = parsed.GetValue(scripted),
                Real = parsed.GetValue(real),
                Builds = parsed.GetValue(builds),
                Seed = parsed.GetValue(seed),
            },
            Console.Out,
            cancellationToken));
        return command;
    }
}
