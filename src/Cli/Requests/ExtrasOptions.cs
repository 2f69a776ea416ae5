using System.CommandLine;
using ImageBuilder.Contracts.V1;

namespace ImageBuilder.Cli.Requests;

/// <summary>The options that say what a Dockerfile is built with. With others it is another image.</summary>
internal sealed class ExtrasOptions
{
    private readonly Option<string[]> _arguments = new("--build-arg") { Description = "A build argument; may be given again. No place for secrets: the image shows it.", HelpName = "NAME=VALUE" };
    private readonly Option<string> _stage = new("--stage") { Description = "The stage to build; default: the last.", DefaultValueFactory = _ => string.Empty };
    private readonly Option<string> _platform = new("--platform") { Description = "The platform to build for, such as linux/arm64; default: the builder's own.", DefaultValueFactory = _ => string.Empty };
    private readonly Option<string[]> _labels = new("--label") { Description = "A label of the image; may be given again.", HelpName = "NAME=VALUE" };

    public void AddTo(Command command)
    {
        command.Options.Add(_arguments);
        command.Options.Add(_stage);
        command.Options.Add(_platform);
        command.Options.Add(_labels);
        foreach (var option in new[] { _arguments, _labels })
        {
            command.Validators.Add(result =>
            {
                if ((result.GetValue(option) ?? []).FirstOrDefault(pair => !pair.Contains('=', StringComparison.Ordinal)) is { } pair)
                {
                    result.AddError($"{option.Name} is NAME=VALUE, not \"{pair}\".");
                }
            });
        }
    }

    /// <summary>What the command line says; null when that is nothing.</summary>
    public Extras? Read(ParseResult parsed)
    {
        var extras = new Extras { TargetStage = parsed.GetRequiredValue(_stage), Platform = parsed.GetRequiredValue(_platform) };
        foreach (var (entries, option) in new[] { (extras.BuildArgs, _arguments), (extras.Labels, _labels) })
        {
            foreach (var pair in parsed.GetValue(option) ?? [])
            {
                var end = pair.IndexOf('=', StringComparison.Ordinal);
                entries[pair[..end]] = pair[(end + 1)..];
            }
        }

        return extras.Equals(new Extras()) ? null : extras;
    }
}
