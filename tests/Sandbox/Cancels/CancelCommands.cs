using System.CommandLine;

namespace ImageBuilder.Sandbox.Cancels;

/// <summary>The command of the cancels.</summary>
internal static class CancelCommands
{
    /// <summary>Cancels builds and kills builders.</summary>
    public static Command Cancels()
    {
        var defaults = new CancelsOptions();
        var cancels = new Option<int>("--cancels") { Description = "Builds that are cancelled at the service.", DefaultValueFactory = _ => defaults.Cancels };
        var kills = new Option<int>("--bob") { Description = "Builders that are ended by signals, without a service.", DefaultValueFactory = _ => defaults.Kills };
        var engines = new Option<string[]>("--engine") { Description = "What those build with; may be given again.", DefaultValueFactory = _ => [.. defaults.Engines] };
        engines.AcceptOnlyFromAmong("buildah", "buildkit");
        var seed = new Option<int>("--seed") { Description = "What the moments are drawn from.", DefaultValueFactory = _ => defaults.Seed };
        var command = new Command("cancels", "Cancels builds and ends builders at random moments, measures how long that takes, and looks for what is left.") { cancels, kills, engines, seed };
        command.SetAction((parsed, cancellationToken) => CancelsRun.RunAsync(
            new CancelsOptions { Cancels = parsed.GetValue(cancels), Kills = parsed.GetValue(kills), Engines = parsed.GetValue(engines)!, Seed = parsed.GetValue(seed) },
            Console.Out,
            cancellationToken));
        return command;
    }
}
