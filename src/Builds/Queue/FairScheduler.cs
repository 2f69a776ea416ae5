namespace ImageBuilder.Builds.Queue;

/// <summary>
/// Whose turn it is. Interactive builds go before background ones. Among those of one priority the owner with the fewest running builds is next, then the
/// one who was served the longest ago; among builds of one owner the one that has waited longest. An owner at his limit is passed over, so that he
/// holds nobody else up. Not thread-safe.
/// </summary>
public sealed class FairScheduler
{
    private readonly Dictionary<Guid, QueueEntry> _running = [];
    private readonly Dictionary<Guid, QueueEntry> _waiting = [];
    private readonly Dictionary<string, long> _served = new(StringComparer.Ordinal);
    private long _admissions;
    private List<QueueEntry>? _order;

    /// <summary>The builds that hold a place, in no order.</summary>
    public IReadOnlyCollection<QueueEntry> Running => _running.Values;

    /// <summary>The builds that wait, the next in line first.</summary>
    public IReadOnlyList<QueueEntry> Waiting => _order ??= InOrder();

    /// <summary>Whether the build holds a place.</summary>
    public bool IsRunning(Guid buildId) => _running.ContainsKey(buildId);

    /// <summary>Lets a build wait; one that is in the queue already keeps its place.</summary>
    public void Enter(QueueEntry build)
    {
        if (!_running.ContainsKey(build.BuildId) && _waiting.TryAdd(build.BuildId, build))
        {
            _order = null;
        }
    }

    /// <summary>Gives a build a place whatever the limits are: it runs already, since before this queue knew of it.</summary>
    public void Hold(QueueEntry build)
    {
        _waiting.Remove(build.BuildId);
        _running[build.BuildId] = build;
        _order = null;
    }

    /// <summary>Takes a build out, whether it waits or runs; false when it was not there.</summary>
    public bool Leave(Guid buildId)
    {
        var was = _running.Remove(buildId) | _waiting.Remove(buildId);
        if (was)
        {
            _order = null;
            Forget();
        }

        return was;
    }

    /// <summary>How many builds go before this one; null when it does not wait.</summary>
    public int? Ahead(Guid buildId) =>
        _waiting.ContainsKey(buildId) ? Waiting.TakeWhile(build => build.BuildId != buildId).Count() : null;

    /// <summary>Gives places to as many waiting builds as <paramref name="limits"/> allow, and names them in the order of their turns.</summary>
    public IReadOnlyList<QueueEntry> Admit(QueueLimits limits, DateTimeOffset now)
    {
        if (_waiting.Count == 0 || IsFull(limits))
        {
            return [];
        }

        var admitted = new List<QueueEntry>();
        var line = new Line(this);
        while (!IsFull(limits) && line.Next(owner => IsOwnerFull(owner, line, limits)) is { } next)
        {
            var build = next with { Since = now };
            _waiting.Remove(build.BuildId);
            _running.Add(build.BuildId, build);
            _served[OwnerOf(build)] = ++_admissions;
            admitted.Add(build);
        }

        _order = null;
        return admitted;
    }

    // Nobody's builds have nothing to do with one another.
    private static string OwnerOf(QueueEntry build) => build.Owner.Length > 0 ? build.Owner : $"\0{build.BuildId:N}";

    private static bool IsOwnerFull(string owner, Line line, QueueLimits limits) =>
        limits.ConcurrencyPerOwner > 0 && line.RunningOf(owner) >= limits.ConcurrencyPerOwner;

    private bool IsFull(QueueLimits limits) => limits.Concurrency > 0 && _running.Count >= limits.Concurrency;

    private List<QueueEntry> InOrder()
    {
        var order = new List<QueueEntry>(_waiting.Count);
        var line = new Line(this);
        while (line.Next(_ => false) is { } next)
        {
            order.Add(next);
        }

        return order;
    }

    /// <summary>Who was served when matters only while he has builds here.</summary>
    private void Forget()
    {
        if (_served.Count > 2 * (_running.Count + _waiting.Count) + 16)
        {
            var here = _running.Values.Concat(_waiting.Values).Select(OwnerOf).ToHashSet(StringComparer.Ordinal);
            foreach (var gone in _served.Keys.Where(owner => !here.Contains(owner)).ToList())
            {
                _served.Remove(gone);
            }
        }
    }

    /// <summary>The waiting builds, taken out one by one as their turns come; owners' running builds are counted along.</summary>
    private sealed class Line
    {
        private readonly Dictionary<string, int> _runningOf = new(StringComparer.Ordinal);
        private readonly Dictionary<string, long> _servedAt;
        private readonly PriorityQueue<Queue<QueueEntry>, (BuildPriority, int, long, DateTimeOffset, Guid)> _owners = new();
        private long _turns;

        public Line(FairScheduler queue)
        {
            _servedAt = new Dictionary<string, long>(queue._served, StringComparer.Ordinal);
            _turns = queue._admissions;
            foreach (var build in queue._running.Values)
            {
                _runningOf[OwnerOf(build)] = RunningOf(OwnerOf(build)) + 1;
            }

            foreach (var builds in queue._waiting.Values.GroupBy(build => (build.Priority, Owner: OwnerOf(build))))
            {
                Add(new Queue<QueueEntry>(builds.OrderBy(build => build.Since).ThenBy(build => build.BuildId)));
            }
        }

        public int RunningOf(string owner) => _runningOf.GetValueOrDefault(owner);

        /// <summary>The next build of an owner whom <paramref name="passOver"/> does not name; null when there is none.</summary>
        public QueueEntry? Next(Func<string, bool> passOver)
        {
            while (_owners.TryDequeue(out var builds, out var place))
            {
                var owner = OwnerOf(builds.Peek());
                if (passOver(owner))
                {
                    // He stays at his limit for as long as this line is used.
                    continue;
                }

                if (place != PlaceOf(builds))
                {
                    // He was served in the other priority meanwhile.
                    Add(builds);
                    continue;
                }

                var next = builds.Dequeue();
                _runningOf[owner] = RunningOf(owner) + 1;
                _servedAt[owner] = ++_turns;
                if (builds.Count > 0)
                {
                    Add(builds);
                }

                return next;
            }

            return null;
        }

        private void Add(Queue<QueueEntry> builds) => _owners.Enqueue(builds, PlaceOf(builds));

        private (BuildPriority Priority, int Running, long Served, DateTimeOffset Since, Guid BuildId) PlaceOf(Queue<QueueEntry> builds)
        {
            var first = builds.Peek();
            var owner = OwnerOf(first);
            return (first.Priority, RunningOf(owner), _servedAt.GetValueOrDefault(owner), first.Since, first.BuildId);
        }
    }
}
