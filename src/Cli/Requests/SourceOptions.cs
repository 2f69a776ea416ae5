using System.CommandLine;
using ImageBuilder.Contracts;
using ImageBuilder.Contracts.ContentService;

namespace ImageBuilder.Cli.Requests;

/// <summary>The options that say what a workspace image is made from: a Dockerfile in a git repository, or an image.</summary>
internal sealed class SourceOptions
{
    private readonly Option<string?> _git = new("--git") { Description = "URL of the git repository that holds the Dockerfile." };
    private readonly Option<string?> _branch = new("--branch") { Description = "Branch to build; default: the repository's own." };
    private readonly Option<string?> _commit = new("--commit") { Description = "Commit to build." };
    private readonly Option<string> _dockerfile = new("--dockerfile") { Description = "Path of the Dockerfile in the repository.", DefaultValueFactory = _ => "Dockerfile" };
    private readonly Option<string> _context = new("--context") { Description = "Path of the build context in the repository; default: the Dockerfile's folder.", DefaultValueFactory = _ => string.Empty };

    private readonly Option<string?> _version = new("--dockerfile-version")
    {
        Description = "Any text; another text is another image. Default: the commit, if one is given. Without it an image of a branch stays when the branch moves on.",
    };

    private readonly Option<string?> _reference = new("--ref") { Description = "Image to start from, in place of a Dockerfile." };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_git, _branch, _commit, _dockerfile, _context, _version, _reference])
        {
            command.Options.Add(option);
        }

        command.Validators.Add(result =>
        {
            if (result.GetValue(_git) is null == result.GetValue(_reference) is null)
            {
                result.AddError("Give either --git or --ref.");
            }

            if (result.GetValue(_branch) is not null && result.GetValue(_commit) is not null)
            {
                result.AddError("Give --branch or --commit, not both.");
            }
        });
    }

    public BuildSource Read(ParseResult parsed)
    {
        if (parsed.GetValue(_reference) is { } reference)
        {
            return new BuildSource { Ref = new BuildSourceReference { Ref = reference } };
        }

        var branch = parsed.GetValue(_branch);
        var commit = parsed.GetValue(_commit);
        var git = new GitInitializer
        {
            RemoteUri = parsed.GetRequiredValue(_git),
            CloneTaget = commit ?? branch ?? string.Empty,
            TargetMode = (commit, branch) switch
            {
                (not null, _) => CloneTargetMode.RemoteCommit,
                (_, not null) => CloneTargetMode.RemoteBranch,
                _ => CloneTargetMode.RemoteHead,
            },
        };
        return new BuildSource
        {
            File = new BuildSourceDockerfile
            {
                Source = new WorkspaceInitializer { Git = git },
                DockerfilePath = parsed.GetRequiredValue(_dockerfile),
                ContextPath = parsed.GetRequiredValue(_context),
                DockerfileVersion = parsed.GetValue(_version) ?? commit ?? string.Empty,
            },
        };
    }
}
