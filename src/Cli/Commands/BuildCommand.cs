using System.CommandLine;
using ImageBuilder.Cli.Requests;
using ImageBuilder.Contracts.V1;
using Spectre.Console;
using BuildsClient = ImageBuilder.Contracts.V1.Builds.BuildsClient;

namespace ImageBuilder.Cli.Commands;

/// <summary><c>imagebuilder build</c>: builds, or joins the build that is going on, showing its log.</summary>
internal sealed class BuildCommand : Command
{
    private readonly IAnsiConsole _console;
    private readonly ServiceOption _service = new();
    private readonly SourceOptions _source = new();
    private readonly CredentialOptions _credentials = new();
    private readonly ExtrasOptions _extras = new();
    private readonly Option<bool> _noCache = new("--no-cache") { Description = "Runs every step when the image is built; an image that exists is not built again for this." };
    private readonly Option<bool> _force = new("--force") { Description = "Builds even where the image exists, running every step." };
    private readonly Option<string> _owner = new("--owner") { Description = "Who the build is for.", DefaultValueFactory = _ => Environment.UserName };

    public BuildCommand(IAnsiConsole console)
        : base("build", "Builds a workspace image and shows the build's log; tells at once when the image is there already.")
    {
        _console = console;
        Options.Add(_service);
        _source.AddTo(this);
        _credentials.AddTo(this);
        _extras.AddTo(this);
        Options.Add(_noCache);
        Options.Add(_force);
        Options.Add(_owner);
        SetAction((parsed, cancellationToken) => _service.CallBuildsAsync(parsed, client => BuildAsync(client, parsed, cancellationToken)));
    }

    private async Task<int> BuildAsync(BuildsClient client, ParseResult parsed, CancellationToken cancellationToken)
    {
        var request = new StartBuildRequest
        {
            Source = _source.Read(parsed),
            Auth = _credentials.Read(parsed),
            Owner = parsed.GetRequiredValue(_owner),
            Force = parsed.GetValue(_force),
            NoCache = parsed.GetValue(_noCache),
            Extras = _extras.Read(parsed),
        };
        var started = await client.StartBuildAsync(request, cancellationToken: cancellationToken);
        if (started.Outcome != StartOutcome.AlreadyBuilt && await FollowAsync(client, started.Build, cancellationToken) is { Status: not BuildStatus.Succeeded } ended)
        {
            _console.MarkupLineInterpolated($"[red]failed[/] {ended.Failure?.Message}");
            return ExitCode.Failure;
        }

        _console.MarkupLineInterpolated($"[green]done[/] {started.WorkspaceRef} (base {started.BaseRef})");
        return ExitCode.Success;
    }

    /// <summary>Shows the log of a build until it has ended, and gives the build as it ended.</summary>
    private async Task<Build> FollowAsync(BuildsClient client, Build build, CancellationToken cancellationToken)
    {
        _console.MarkupLineInterpolated($"[grey]building {build.WorkspaceRef}[/]");
        try
        {
            await LogOutput.CopyAsync(client, new ReadLogRequest { BuildId = build.BuildId, Follow = true }, cancellationToken);
            return await client.GetBuildAsync(new GetBuildRequest { BuildId = build.BuildId }, cancellationToken: cancellationToken);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            _console.MarkupLineInterpolated($"the build goes on; its log: imagebuilder logs {build.WorkspaceRef}");
            throw;
        }
    }
}
