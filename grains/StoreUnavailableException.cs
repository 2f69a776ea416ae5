using Orleans.Runtime;

namespace ImageBuilder.Grains;

/// <summary>What is stored could not be reached for longer than is waited for it; the same may succeed later.</summary>
[GenerateSerializer]
[Alias("imagebuilder.StoreUnavailable")]
public sealed class StoreUnavailableException : OrleansException
{
    /// <summary>Creates the exception. It has no cause, since what databases throw does not cross from silo to silo.</summary>
    public StoreUnavailableException(string message)
        : base(message)
    {
    }
}
