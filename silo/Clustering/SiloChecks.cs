using ImageBuilder.Silo.Configuration;
using Npgsql;
using Orleans.Runtime;

namespace ImageBuilder.Silo.Clustering;

/// <summary>What a silo needs: to be a member, its database, and a place for builders.</summary>
internal sealed class SiloChecks(IClusterMembershipService membership, NpgsqlDataSource database, ServiceConfiguration configuration)
{
    /// <summary>The checks, by what they look at.</summary>
    public IReadOnlyList<(string Name, Func<CancellationToken, Task<string?>> Check)> All =>
        [("the cluster", CheckMembership), ("the database", CheckDatabaseAsync), ("the folder of builds", CheckLauncherAsync)];

    private Task<string?> CheckMembership(CancellationToken cancellationToken) => Task.FromResult(
        membership.CurrentSnapshot.Members.Values.Any(member => member.Name == configuration.Cluster.SiloName && member.Status == SiloStatus.Active)
            ? null
            : "the silo is no member of the cluster");

    private async Task<string?> CheckDatabaseAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT 1");
        await command.ExecuteScalarAsync(cancellationToken);
        return null;
    }

    private async Task<string?> CheckLauncherAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(configuration.Process.Bob))
        {
            return "bob is missing";
        }

        var file = Path.Combine(configuration.DataFolder, "writable");
        await File.WriteAllTextAsync(file, "A look whether builds can be started.\n", cancellationToken);
        return null;
    }
}
