using ImageBuilder.Grains.Messages;
using ImageBuilder.Testing;

namespace ImageBuilder.Grains.Tests.References;

public sealed class ReferenceQuestionTests
{
    private static readonly ResolveQuery Query = new(RegistryAccessMessage.Nothing, TimeSpan.Zero, Patient: false);

    private readonly ManualTimeProvider _clock = new();
    private readonly List<ResolveQuery> _queries = [];

    [Fact]
    public async Task AskAsync_ToldToWait_AsksAgainWithTheTicket()
    {
        var ticket = new ResolveTicket(Guid.NewGuid(), 7, TimeSpan.FromSeconds(10));
        var found = new ResolveAnswer(ResolveOutcome.Found, "sha256:1", string.Empty);

        var answer = await AskAsync(Query, () => _queries.Count < 3 ? Waiting(ticket) : found);

        answer.ShouldBe(found);
        _queries.ShouldBe([Query, Query with { Ticket = ticket }, Query with { Ticket = ticket }]);
    }

    [Theory]
    [InlineData(false, 30)]
    [InlineData(true, 330)]
    public async Task AskAsync_NoAnswerComes_FailsWhenTheTimeIsOver(bool patient, int seconds)
    {
        var answer = await AskAsync(Query with { Patient = patient }, () =>
        {
            _clock.Advance(TimeSpan.FromSeconds(10));
            return Waiting(new ResolveTicket(Guid.Empty, 1, TimeSpan.Zero));
        });

        answer.Outcome.ShouldBe(ResolveOutcome.Failed);
        answer.Message.ShouldContain($"within {seconds} s");
        _queries.Count.ShouldBe(seconds / 10);
    }

    [Fact]
    public async Task AskAsync_CallerLeaves_EndsAtOnce()
    {
        using var leaving = new CancellationTokenSource();
        var asking = ReferenceQuestion.AskAsync(_ => new TaskCompletionSource<ResolveAnswer>().Task, Query, _clock, leaving.Token);

        await leaving.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => asking);
    }

    private static ResolveAnswer Waiting(ResolveTicket ticket) => new(ResolveOutcome.Waiting, string.Empty, string.Empty, ticket);

    private Task<ResolveAnswer> AskAsync(ResolveQuery query, Func<ResolveAnswer> answer) => ReferenceQuestion.AskAsync(
        asked =>
        {
            _queries.Add(asked);
            return Task.FromResult(answer());
        },
        query,
        _clock,
        CancellationToken.None);
}
