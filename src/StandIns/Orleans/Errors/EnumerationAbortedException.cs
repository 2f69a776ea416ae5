namespace Orleans.Runtime;

/// <summary>The activation that an enumeration read from has ended; the reader starts again where it was.</summary>
[GenerateSerializer]
public sealed class EnumerationAbortedException : Exception
{
    /// <summary>With no detail.</summary>
    public EnumerationAbortedException()
    {
    }

    /// <summary>In words.</summary>
    public EnumerationAbortedException(string message)
        : base(message)
    {
    }

    /// <summary>In words, with its cause.</summary>
    public EnumerationAbortedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
