namespace Prometheus;

/// <summary>A figure that goes up and down.</summary>
public sealed class Gauge : Collector<Gauge.Child>, IGauge
{
    internal Gauge(string name, string help, string[] labelNames, bool suppressInitialValue)
        : base(name, help, labelNames, suppressInitialValue)
    {
    }

    /// <inheritdoc />
    public double Value => Unlabelled.Value;

    internal override string TypeName => "gauge";

    /// <inheritdoc />
    public void Inc(double increment = 1) => Unlabelled.Inc(increment);

    /// <inheritdoc />
    public void Set(double val) => Unlabelled.Set(val);

    /// <inheritdoc />
    public void Dec(double decrement = 1) => Unlabelled.Dec(decrement);

    /// <inheritdoc />
    public void IncTo(double targetValue) => Unlabelled.IncTo(targetValue);

    /// <inheritdoc />
    public void DecTo(double targetValue) => Unlabelled.DecTo(targetValue);

    private protected override Child NewChild(string labels, bool publish) => new(labels, publish);

    private protected override void WriteSeries(TextExposition text, Child child) => text.Sample(Name, string.Empty, child.Labels, child.Value);

    /// <summary>One series of a gauge.</summary>
    public sealed class Child : ChildBase, IGauge
    {
        private ThreadSafeDouble _value;

        internal Child(string labels, bool publish)
            : base(labels, publish)
        {
        }

        /// <inheritdoc />
        public double Value => _value.Value;

        /// <inheritdoc />
        public void Inc(double increment = 1)
        {
            _value.Add(increment);
            Publish();
        }

        /// <inheritdoc />
        public void Set(double val)
        {
            _value.Value = val;
            Publish();
        }

        /// <inheritdoc />
        public void Dec(double decrement = 1) => Inc(-decrement);

        /// <inheritdoc />
        public void IncTo(double targetValue)
        {
            _value.MoveTo(targetValue, 1);
            Publish();
        }

        /// <inheritdoc />
        public void DecTo(double targetValue)
        {
            _value.MoveTo(targetValue, -1);
            Publish();
        }
    }
}
