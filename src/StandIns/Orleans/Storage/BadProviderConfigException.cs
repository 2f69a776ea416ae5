using Orleans.Runtime;

namespace Orleans.Storage;

/// <summary>A grain asks for a storage that is not configured.</summary>
[GenerateSerializer]
public sealed class BadProviderConfigException : OrleansException
{
    /// <summary>With no detail.</summary>
    public BadProviderConfigException()
    {
    }

    /// <summary>In words.</summary>
    public BadProviderConfigException(string msg)
        : base(msg)
    {
    }

    /// <summary>In words, with its cause.</summary>
    public BadProviderConfigException(string msg, Exception exc)
        : base(msg, exc)
    {
    }
}
