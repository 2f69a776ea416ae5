using System.CommandLine;
using ImageBuilder.Cli.Rendering;
using ImageBuilder.Cli.Requests;
using ImageBuilder.Contracts.V1;
using Spectre.Console;
using BuildsClient = ImageBuilder.Contracts.V1.Builds.BuildsClient;

namespace ImageBuilder.Cli.Commands.Builds;

/// <summary><c>imagebuilder builds list</c>: running and finished builds.</summary>
internal sealed class ListBuildsCommand : Command
{
    private const int MaxPageSize = 1000;

    public ListBuildsCommand(IAnsiConsole console)
        : base("list", "Lists running and finished builds, the newest first.")
    {
        var service = new ServiceOption();
        var filter = new FilterOptions();
        var limit = new Option<int>("--limit") { Description = "How many builds are listed at most.", DefaultValueFactory = _ => 50 };
        limit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("--limit is a number of builds, at least 1.");
            }
        });
        Options.Add(service);
        filter.AddTo(this);
        Options.Add(limit);
        SetAction((parsed, cancellationToken) => service.CallBuildsAsync(parsed, async client =>
        {
            BuildRendering.Write(console, await ListAsync(client, filter.Read(parsed), parsed.GetRequiredValue(limit), cancellationToken));
            return ExitCode.Success;
        }));
    }

    private static async Task<List<Build>> ListAsync(BuildsClient client, Filter filter, int limit, CancellationToken cancellationToken)
    {
        var builds = new List<Build>();
        var request = new ListBuildsRequest { Filter = filter };
        ListBuildsResponse page;
        do
        {
            request.PageSize = Math.Min(limit - builds.Count, MaxPageSize);
            page = await client.ListBuildsAsync(request, cancellationToken: cancellationToken);
            builds.AddRange(page.Builds);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0 && builds.Count < limit);

        if (page.Unreadable > 0)
        {
            await Console.Error.WriteLineAsync($"up to {page.Unreadable} builds that ended may be missing: the service cannot read what it stored of them at the moment; its log says more");
        }

        return builds;
    }
}
