namespace Orleans.Runtime;

/// <summary>The silo cannot start with its configuration.</summary>
[GenerateSerializer]
public sealed class OrleansConfigurationException : Exception
{
    /// <summary>In words.</summary>
    public OrleansConfigurationException(string message)
        : base(message)
    {
    }

    /// <summary>In words, with its cause.</summary>
    public OrleansConfigurationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
