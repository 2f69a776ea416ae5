using System.CommandLine;

namespace ImageBuilder.Sandbox.Logs;

/// <summary>The commands of the log figures.</summary>
internal static class LogCommands
{
    /// <summary>Measures.</summary>
    public static Command Figures()
    {
        var command = new Command("log-figures", "Measures how logs get from builders to clients.");
        command.SetAction((_, cancellationToken) => LogFiguresRun.RunAsync(cancellationToken));
        return command;
    }

    /// <summary>What the scripted builder runs.</summary>
    public static Command Write()
    {
        var length = new Option<long>("--length") { Description = "Bytes.", Required = true };
        var rate = new Option<long>("--rate") { Description = "Bytes a second.", Required = true };
        var go = new Option<string>("--go") { Description = "The file that is waited for after the first lines.", Required = true };
        var report = new Option<string>("--report") { Description = "Receives the times.", Required = true };
        var command = new Command("write-log", "Writes the log of log-figures.") { length, rate, go, report };
        command.Hidden = true;
        command.SetAction((parsed, cancellationToken) => LogWriter.RunAsync(
            parsed.GetValue(length), parsed.GetValue(rate), parsed.GetValue(go)!, parsed.GetValue(report)!, cancellationToken));
        return command;
    }

    /// <summary>What the figures run to follow.</summary>
    public static Command Follow()
    {
        var address = new Option<string>("--address") { Description = "The service.", Required = true };
        var reference = new Option<string>("--ref") { Description = "The image whose build is followed.", Required = true };
        var count = new Option<int>("--count") { Description = "How many follow.", Required = true };
        var rate = new Option<long>("--rate") { Description = "Bytes a second that each reads; 0 for all that come." };
        var patience = new Option<int>("--patience") { Description = "Seconds after which they end.", Required = true };
        var command = new Command("follow-logs", "Follows the log of log-figures.") { address, reference, count, rate, patience };
        command.Hidden = true;
        command.SetAction((parsed, _) => LogFollowers.RunAsync(
            parsed.GetValue(address)!, parsed.GetValue(reference)!, parsed.GetValue(count), parsed.GetValue(rate), TimeSpan.FromSeconds(parsed.GetValue(patience))));
        return command;
    }
}
