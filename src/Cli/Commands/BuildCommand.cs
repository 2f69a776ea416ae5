using System.CommandLine;
using Grpc.Core;
using ImageBuilder.Cli.Requests;
using ImageBuilder.Contracts;
using Spectre.Console;
using BuilderService = ImageBuilder.Contracts.ImageBuilder;

namespace ImageBuilder.Cli.Commands;

/// <summary><c>imagebuilder build</c>: builds, or joins the build that is going on, showing its status and its log.</summary>
internal sealed class BuildCommand : Command
{
    private readonly IAnsiConsole _console;
    private readonly ServiceOption _service = new();
    private readonly SourceOptions _source = new();
    private readonly CredentialOptions _credentials = new();
    private readonly Option<bool> _force = new("--force") { Description = "Builds even where the image exists." };
    private readonly Option<string> _owner = new("--owner") { Description = "Who the build is for.", DefaultValueFactory = _ => Environment.UserName };

    public BuildCommand(IAnsiConsole console)
        : base("build", "Builds a workspace image and shows the build's log; tells at once when the image is there already.")
    {
        _console = console;
        Options.Add(_service);
        _source.AddTo(this);
        _credentials.AddTo(this);
        Options.Add(_force);
        Options.Add(_owner);
        SetAction((parsed, cancellationToken) => _service.CallAsync(parsed, client => BuildAsync(client, parsed, cancellationToken)));
    }

    private async Task<int> BuildAsync(BuilderService.ImageBuilderClient client, ParseResult parsed, CancellationToken cancellationToken)
    {
        var request = new BuildRequest
        {
            Source = _source.Read(parsed),
            Auth = _credentials.Read(parsed),
            ForceRebuild = parsed.GetValue(_force),
            TriggeredBy = parsed.GetRequiredValue(_owner),
        };
        using var call = client.Build(request, cancellationToken: cancellationToken);
        BuildResponse? last = null;
        var log = Task.CompletedTask;
        try
        {
            await foreach (var response in call.ResponseStream.ReadAllAsync(cancellationToken))
            {
                if (last is null && response.Status != BuildStatus.DoneSuccess)
                {
                    _console.MarkupLineInterpolated($"[grey]building {response.Ref}[/]");
                    log = LogOutput.FollowAsync(client, new LogsRequest { BuildRef = response.Ref }, cancellationToken);
                }
                else if (response.Message.Length > 0 && response.Status is BuildStatus.Running && response.Message != last?.Message)
                {
                    _console.MarkupLineInterpolated($"[grey]{response.Message}[/]");
                }

                last = response;
            }

            await log;
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested && last is not null)
        {
            _console.MarkupLineInterpolated($"the build goes on; its log: imagebuilder logs {last.Ref}");
            throw;
        }

        if (last?.Status == BuildStatus.DoneSuccess)
        {
            _console.MarkupLineInterpolated($"[green]done[/] {last.Ref} (base {last.BaseRef})");
            return ExitCode.Success;
        }

        _console.MarkupLineInterpolated($"[red]failed[/] {last?.Message ?? "the service said nothing"}");
        return ExitCode.Failure;
    }
}
