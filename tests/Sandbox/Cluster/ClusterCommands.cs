using System.CommandLine;

namespace ImageBuilder.Sandbox.Cluster;

/// <summary>The command of the cluster.</summary>
internal static class ClusterCommands
{
    /// <summary>Puts a cluster through losses.</summary>
    public static Command Cluster()
    {
        var defaults = new ClusterOptions();
        var builds = new Option<int>("--builds") { Description = "Builds that are followed while silos are lost.", DefaultValueFactory = _ => defaults.Builds };
        var kills = new Option<int>("--kills") { Description = "Silos that are killed, one after another.", DefaultValueFactory = _ => defaults.Kills };
        var calls = new Option<int>("--calls") { Description = "Equal Build calls at once, and a tenth of the resolves; 0 for none.", DefaultValueFactory = _ => defaults.Crowd.Builds };
        var database = new Option<bool>("--database") { Description = "Restart the database once.", DefaultValueFactory = _ => defaults.RestartDatabase };
        var cut = new Option<bool>("--cut") { Description = "Cut one silo off once.", DefaultValueFactory = _ => defaults.CutOff };
        var rolling = new Option<bool>("--rolling") { Description = "Restart every silo and gateway in turn.", DefaultValueFactory = _ => defaults.Rolling };
        var tls = new Option<bool>("--tls") { Description = "Have silos and gateways speak TLS to each other.", DefaultValueFactory = _ => defaults.Tls };
        var real = new Option<int>("--real") { Description = "Builds by bob, while each silo is killed once; 0 for none.", DefaultValueFactory = _ => defaults.Real };
        var seed = new Option<int>("--seed") { Description = "What the moments are drawn from.", DefaultValueFactory = _ => defaults.Seed };
        var command = new Command("cluster", "Loses silos of a cluster while builds are followed, and looks whether anything else was lost.")
        {
            builds, kills, calls, database, cut, rolling, tls, real, seed,
        };
        command.SetAction((parsed, cancellationToken) => ClusterRun.RunAsync(
            new ClusterOptions
            {
                Builds = parsed.GetValue(builds),
                Kills = parsed.GetValue(kills),
                Crowd = (parsed.GetValue(calls), parsed.GetValue(calls) * 10),
                RestartDatabase = parsed.GetValue(database),
                CutOff = parsed.GetValue(cut),
                Rolling = parsed.GetValue(rolling),
                Tls = parsed.GetValue(tls),
                Real = parsed.GetValue(real),
                Seed = parsed.GetValue(seed),
            },
            Console.Out,
            cancellationToken));
        return command;
    }
}
