namespace Prometheus;

/// <summary>Thrown by a before-collect callback: the whole collection fails, and its asker gets 503 with this message.</summary>
public class ScrapeFailedException : Exception
{
    /// <summary>Fails without a reason.</summary>
    public ScrapeFailedException()
    {
    }

    /// <summary>Fails with a reason.</summary>
    public ScrapeFailedException(string message)
        : base(message)
    {
    }

    /// <summary>Fails with a reason and its cause.</summary>
    public ScrapeFailedException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
