namespace Prometheus;

/// <summary>A figure that goes up and down.</summary>
public interface IGauge
{
    /// <summary>The figure.</summary>
    double Value { get; }

    /// <summary>Goes up.</summary>
    void Inc(double increment = 1);

    /// <summary>Sets it.</summary>
    void Set(double val);

    /// <summary>Goes down.</summary>
    void Dec(double decrement = 1);

    /// <summary>Goes up to <paramref name="targetValue"/> unless it is there or past it.</summary>
    void IncTo(double targetValue);

    /// <summary>Goes down to <paramref name="targetValue"/> unless it is there or past it.</summary>
    void DecTo(double targetValue);
}
