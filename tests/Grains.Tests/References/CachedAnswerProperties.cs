using ImageBuilder.Grains.Messages;
using ImageBuilder.Grains.References;
using ImageBuilder.Registry.Client;
using ImageBuilder.Testing;

namespace ImageBuilder.Grains.Tests.References;

/// <summary>
/// Random orders of questions, answers and passing time; what is promised must hold in all of them. A failure names the seed that shows it again.
/// </summary>
public sealed class CachedAnswerProperties
{
    private static readonly TimeSpan Revalidate = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan IfError = TimeSpan.FromSeconds(600);
    private static readonly TimeSpan StaleWait = TimeSpan.FromSeconds(5);

    private static readonly ResolveOutcome[] Outcomes =
        [ResolveOutcome.Found, ResolveOutcome.Found, ResolveOutcome.Found, ResolveOutcome.NotFound, ResolveOutcome.Denied, ResolveOutcome.RateLimited, ResolveOutcome.Failed];

    [Fact]
    public async Task GetAsync_AnyOrderOfEvents_KeepsItsPromises()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var run = new Run(seed);
            await AsInAGrainAsync(run.PlayAsync);
        }
    }

    private static Task AsInAGrainAsync(Func<Task> test) => Task.Factory.StartNew(
        test, CancellationToken.None, TaskCreationOptions.None, new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler).Unwrap();

    /// <summary>One order of events. Each digest names the request that it came by.</summary>
    private sealed class Run(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly ManualTimeProvider _clock = new();
        private readonly RequestSequence _sequence = new();
        private readonly List<Request> _requests = [];
        private readonly List<Caller> _callers = [];
        private readonly List<(int Event, int Request, bool IsDigest)> _facts = [];
        private CachedAnswer _cached = null!;
        private int _events;

        public async Task PlayAsync()
        {
            _cached = new CachedAnswer(new ReferenceOptions { StaleWhileRevalidate = Revalidate, StaleIfError = IfError }, _sequence, _clock);
            for (var step = 0; step < 60; step++)
            {
                switch (_random.Next(6))
                {
                    case 0 or 1 or 2:
                        Ask();
                        break;
                    case 3:
                        _clock.Advance(TimeSpan.FromSeconds(_random.Next(3) switch { 0 => _random.Next(3), 1 => _random.Next(60), _ => _random.Next(400) }));
                        break;
                    default:
                        AnswerOne();
                        break;
                }

                await SettleAsync();
                Check();
            }

            while (_requests.Any(request => !request.Answer.Task.IsCompleted))
            {
                AnswerOne();
                await SettleAsync();
                Check();
            }

            _callers.ShouldAllBe(caller => caller.Told.IsCompletedSuccessfully, $"seed {seed}: somebody was left waiting");
        }

        /// <summary>Lets all that can go on do so: the scheduler runs one at a time, in order.</summary>
        private static async Task SettleAsync()
        {
            for (var turn = 0; turn < 15; turn++)
            {
                await Task.Yield();
            }
        }

        private void Ask()
        {
            var maxAge = TimeSpan.FromSeconds(_random.Next(4) switch { 0 => 0, 1 => 1, _ => 60 });
            var question = new Question(maxAge, _random.Next(3) == 0, _sequence.Next);
            var (asked, requestsBefore, at) = (++_events, _requests.Count, _clock.GetUtcNow());
            var wasFailing = LastFault is { } fault && at - fault.AnsweredAt < TimeSpan.FromSeconds(30);
            _callers.Add(new Caller(question, asked, requestsBefore, at, wasFailing, _cached.GetAsync(question, MakeRequestAsync)));
        }

        private Request? LastFault => _requests.Where(request => request.AnsweredAt is not null).MaxBy(request => request.AnsweredEvent) is { IsFault: true } last ? last : null;

        private async Task<Asked> MakeRequestAsync(bool isPatient)
        {
            var request = new Request(_requests.Count, isPatient, ++_events);
            _requests.Add(request);
            _requests.Count(each => each.IsPatient == isPatient && !each.Answer.Task.IsCompleted).ShouldBe(1, $"seed {seed}: two requests of one patience at once");
            return new Asked(await request.Answer.Task, ResolutionSource.Head);
        }

        private void AnswerOne()
        {
            var open = _requests.Where(request => !request.Answer.Task.IsCompleted).ToList();
            if (open.Count == 0)
            {
                return;
            }

            var request = open[_random.Next(open.Count)];
            var outcome = Outcomes[_random.Next(Outcomes.Length)];
            (request.AnsweredAt, request.AnsweredEvent, request.Outcome) = (_clock.GetUtcNow(), ++_events, outcome);
            if (!request.IsFault)
            {
                _facts.Add((_events, request.Number, outcome == ResolveOutcome.Found));
            }

            request.Answer.SetResult(new ResolveAnswer(outcome, $"{request.Number}", string.Empty));
        }

        private void Check()
        {
            foreach (var caller in _callers.Where(caller => caller.Told.IsCompletedSuccessfully && !caller.IsChecked))
            {
                caller.IsChecked = true;
                CheckAnswer(caller, _requests[int.Parse(caller.Told.Result.Answer.Digest, System.Globalization.CultureInfo.InvariantCulture)], caller.Told.Result.Source);
            }

            if (_requests.All(request => request.IsPatient || request.Answer.Task.IsCompleted))
            {
                _callers.ShouldAllBe(caller => caller.Question.IsPatient || caller.Told.IsCompleted, $"seed {seed}: the hurried wait for the patient");
            }
        }

        private void CheckAnswer(Caller caller, Request request, AnswerSource source)
        {
            var why = $"seed {seed}, caller of event {caller.Event}, told of request {request.Number} by {source}";
            var age = caller.At - request.AnsweredAt!.Value;
            if (caller.Question.MaxAge == TimeSpan.Zero)
            {
                request.Number.ShouldBeGreaterThanOrEqualTo(caller.RequestsBefore, $"{why}: it began before the question");
                source.ShouldNotBe(AnswerSource.Stale, why);
            }

            switch (source)
            {
                case AnswerSource.Cache when request.Outcome == ResolveOutcome.Found:
                    age.ShouldBeLessThan(caller.Question.MaxAge, why);
                    break;
                case AnswerSource.Cache:
                    age.ShouldBeLessThan(TimeSpan.FromSeconds(5), why);
                    break;
                case AnswerSource.Stale:
                    request.Outcome.ShouldBe(ResolveOutcome.Found, why);
                    age.ShouldBeLessThan(caller.Question.MaxAge + IfError, why);
                    (age < caller.Question.MaxAge + Revalidate || caller.WasFailing || LastFault is not null || _clock.GetUtcNow() - caller.At >= StaleWait || HungSince(caller))
                        .ShouldBeTrue($"{why}: the registry was not down");
                    break;
            }

            if (caller.Question.IsPatient && request.Outcome == ResolveOutcome.RateLimited)
            {
                (request.IsPatient && request.Number >= caller.RequestsBefore).ShouldBeTrue($"{why}: the patience was somebody else's");
            }

            // A registry that said otherwise before the question is not contradicted by what it had said before that.
            var said = _facts.LastOrDefault(fact => fact.Event < caller.Event);
            if (request.Outcome == ResolveOutcome.Found && said != default && !said.IsDigest)
            {
                request.AnsweredEvent.ShouldBeGreaterThan(said.Event, $"{why}: the registry had said that there is none");
            }
        }

        private bool HungSince(Caller caller) => _requests.Any(request => !request.IsPatient && request.Begun < caller.Event
            && (request.AnsweredEvent == 0 || request.AnsweredEvent > caller.Event));
    }

    private sealed class Request(int number, bool isPatient, int begun)
    {
        public int Number => number;

        public bool IsPatient => isPatient;

        public int Begun => begun;

        public TaskCompletionSource<ResolveAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public DateTimeOffset? AnsweredAt { get; set; }

        public int AnsweredEvent { get; set; }

        public ResolveOutcome Outcome { get; set; }

        public bool IsFault => Outcome is ResolveOutcome.RateLimited or ResolveOutcome.Failed;
    }

    private sealed class Caller(Question question, int asked, int requestsBefore, DateTimeOffset at, bool wasFailing, Task<ToldAnswer> told)
    {
        public Question Question => question;

        public int Event => asked;

        public int RequestsBefore => requestsBefore;

        public DateTimeOffset At => at;

        public bool WasFailing => wasFailing;

        public Task<ToldAnswer> Told => told;

        public bool IsChecked { get; set; }
    }
}
