namespace Prometheus;

/// <summary>How samples are distributed over buckets.</summary>
public sealed class Histogram : Collector<Histogram.Child>, IHistogram
{
    internal static readonly double[] DefaultBuckets = [.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10];

    private readonly double[] _bounds;

    internal Histogram(string name, string help, string[] labelNames, bool suppressInitialValue, double[] buckets)
        : base(name, help, labelNames, suppressInitialValue)
    {
        if (labelNames.Contains("le"))
        {
            throw new ArgumentException("'le' is a reserved label name");
        }

        if (buckets.Length == 0 || !buckets.Zip(buckets.Skip(1)).All(pair => pair.First < pair.Second))
        {
            throw new ArgumentException("Bucket values must be increasing", nameof(buckets));
        }

        _bounds = double.IsPositiveInfinity(buckets[^1]) ? [.. buckets] : [.. buckets, double.PositiveInfinity];
    }

    /// <inheritdoc />
    public double Sum => Unlabelled.Sum;

    /// <inheritdoc />
    public long Count => Unlabelled.Count;

    internal override string TypeName => "histogram";

    /// <inheritdoc />
    public void Observe(double val) => Unlabelled.Observe(val);

    /// <inheritdoc />
    public void Observe(double val, long count) => Unlabelled.Observe(val, count);

    private protected override Child NewChild(string labels, bool publish) => new(labels, publish, _bounds);

    private protected override void WriteSeries(TextExposition text, Child child)
    {
        text.Sample(Name, "_sum", child.Labels, child.Sum);
        var cumulative = child.Cumulative();
        text.Sample(Name, "_count", child.Labels, cumulative[^1]);
        for (var i = 0; i < _bounds.Length; i++)
        {
            text.Bucket(Name, child.Labels, _bounds[i], cumulative[i]);
        }
    }

    /// <summary>One series of a histogram.</summary>
    public sealed class Child : ChildBase, IHistogram
    {
        private readonly double[] _bounds;
        private readonly long[] _counts;
        private ThreadSafeDouble _sum;

        internal Child(string labels, bool publish, double[] bounds)
            : base(labels, publish)
        {
            _bounds = bounds;
            _counts = new long[bounds.Length];
        }

        /// <inheritdoc />
        public double Sum => _sum.Value;

        /// <inheritdoc />
        public long Count => Cumulative()[^1];

        /// <inheritdoc />
        public void Observe(double val) => Observe(val, 1);

        /// <inheritdoc />
        public void Observe(double val, long count)
        {
            if (double.IsNaN(val))
            {
                return;
            }

            var bucket = Array.BinarySearch(_bounds, val);
            Interlocked.Add(ref _counts[bucket < 0 ? ~bucket : bucket], count);
            _sum.Add(val * count);
            Publish();
        }

        internal long[] Cumulative()
        {
            var cumulative = new long[_counts.Length];
            var total = 0L;
            for (var i = 0; i < _counts.Length; i++)
            {
                cumulative[i] = total += Interlocked.Read(ref _counts[i]);
            }

            return cumulative;
        }
    }
}
