namespace Prometheus;

/// <summary>A figure that only grows.</summary>
public sealed class Counter : Collector<Counter.Child>, ICounter
{
    internal Counter(string name, string help, string[] labelNames, bool suppressInitialValue)
        : base(name, help, labelNames, suppressInitialValue)
    {
    }

    /// <inheritdoc />
    public double Value => Unlabelled.Value;

    internal override string TypeName => "counter";

    /// <inheritdoc />
    public void Inc(double increment = 1.0) => Unlabelled.Inc(increment);

    /// <inheritdoc />
    public void IncTo(double targetValue) => Unlabelled.IncTo(targetValue);

    private protected override Child NewChild(string labels, bool publish) => new(labels, publish);

    private protected override void WriteSeries(TextExposition text, Child child) => text.Sample(Name, string.Empty, child.Labels, child.Value);

    /// <summary>One series of a counter.</summary>
    public sealed class Child : ChildBase, ICounter
    {
        private ThreadSafeDouble _value;

        internal Child(string labels, bool publish)
            : base(labels, publish)
        {
        }

        /// <inheritdoc />
        public double Value => _value.Value;

        /// <inheritdoc />
        public void Inc(double increment = 1.0)
        {
            if (increment < 0)
            {
                throw new ArgumentOutOfRangeException(nameof(increment), "Counter value cannot decrease.");
            }

            _value.Add(increment);
            Publish();
        }

        /// <inheritdoc />
        public void IncTo(double targetValue)
        {
            _value.MoveTo(targetValue, 1);
            Publish();
        }
    }
}
