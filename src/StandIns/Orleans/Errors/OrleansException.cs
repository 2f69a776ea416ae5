namespace Orleans.Runtime;

/// <summary>The base of the runtime's own errors.</summary>
[GenerateSerializer]
public class OrleansException : Exception
{
    /// <summary>With no detail.</summary>
    public OrleansException()
    {
    }

    /// <summary>In words.</summary>
    public OrleansException(string message)
        : base(message)
    {
    }

    /// <summary>In words, with its cause.</summary>
    public OrleansException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
