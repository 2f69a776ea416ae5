using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using ImageBuilder.Contracts.V1;

namespace ImageBuilder.Cli.Requests;

/// <summary>The options that say which builds are listed.</summary>
internal sealed class FilterOptions
{
    private readonly Option<string> _reference = new("--ref") { Description = "Only builds of this workspace image, or of this base image." };
    private readonly Option<string> _owner = new("--owner") { Description = "Only builds of this owner." };
    private readonly Option<string[]> _statuses = new("--status") { Description = "Only builds that stand so; may be given more than once.", HelpName = "status" };
    private readonly Option<string[]> _reasons = new("--reason") { Description = "Only builds that failed for this reason; may be given more than once.", HelpName = "reason" };
    private readonly Option<DateTimeOffset?> _from = new("--from") { Description = "Only builds accepted at this time or later, for example 2026-11-20T19:00Z." };
    private readonly Option<DateTimeOffset?> _before = new("--before") { Description = "Only builds accepted before this time." };

    public FilterOptions()
    {
        _statuses.AcceptOnlyFromAmong(Words.All<BuildStatus>());
        _reasons.AcceptOnlyFromAmong(Words.All<FailureReason>());
    }

    public void AddTo(Command command)
    {
        command.Options.Add(_reference);
        command.Options.Add(_owner);
        command.Options.Add(_statuses);
        command.Options.Add(_reasons);
        command.Options.Add(_from);
        command.Options.Add(_before);
    }

    public Filter Read(ParseResult parsed) => new()
    {
        Ref = parsed.GetValue(_reference) ?? string.Empty,
        Owner = parsed.GetValue(_owner) ?? string.Empty,
        Statuses = { (parsed.GetValue(_statuses) ?? []).Select(Words.Parse<BuildStatus>) },
        Reasons = { (parsed.GetValue(_reasons) ?? []).Select(Words.Parse<FailureReason>) },
        CreatedFrom = parsed.GetValue(_from)?.ToTimestamp(),
        CreatedBefore = parsed.GetValue(_before)?.ToTimestamp(),
    };
}
