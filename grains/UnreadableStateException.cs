using Orleans.Runtime;

namespace ImageBuilder.Grains;

/// <summary>
/// What is stored of a grain is there and cannot be read as what it should be, so the grain answers no call. Other grains go on without it.
/// </summary>
[GenerateSerializer]
[Alias("imagebuilder.UnreadableState")]
public class UnreadableStateException : OrleansException
{
    /// <summary>Creates the exception; <paramref name="message"/> says what is wrong and what to do.</summary>
    public UnreadableStateException(string message, Exception? cause)
        : base(message, cause!)
    {
    }
}
