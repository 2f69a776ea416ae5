namespace ImageBuilder.Bob.Commands;

/// <summary>bob was called in a way that it does not understand; the message names the flag or variable.</summary>
internal sealed class UsageException(string message) : Exception(message);
