namespace ImageBuilder.Registry.Names;

/// <summary>A text is no image reference, digest or platform; the message says what is wrong and what is allowed.</summary>
public sealed class InvalidReferenceException : FormatException
{
    /// <summary>An error with no explanation.</summary>
    public InvalidReferenceException()
    {
    }

    /// <summary>An error explained by <paramref name="message"/>.</summary>
    public InvalidReferenceException(string message) : base(message)
    {
    }

    /// <summary>An error explained by <paramref name="message"/>, caused by <paramref name="innerException"/>.</summary>
    public InvalidReferenceException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
