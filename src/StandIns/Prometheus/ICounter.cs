namespace Prometheus;

/// <summary>A figure that only grows.</summary>
public interface ICounter
{
    /// <summary>The figure.</summary>
    double Value { get; }

    /// <summary>Grows by <paramref name="increment"/>, which is not negative.</summary>
    void Inc(double increment = 1.0);

    /// <summary>Grows to <paramref name="targetValue"/> unless it is there or past it.</summary>
    void IncTo(double targetValue);
}
