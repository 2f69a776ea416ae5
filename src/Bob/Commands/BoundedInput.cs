namespace ImageBuilder.Bob.Commands;

/// <summary>Reads a document from stdin, where secrets travel because arguments and variables can be seen by other processes.</summary>
internal static class BoundedInput
{
    /// <summary>All of stdin.</summary>
    /// <exception cref="UsageException">It is longer than <paramref name="maximum"/> characters.</exception>
    public static async Task<string> ReadAsync(int maximum, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(Console.OpenStandardInput());
        var buffer = new char[maximum + 1];
        var length = await reader.ReadBlockAsync(buffer, cancellationToken);
        return length <= maximum ? new string(buffer, 0, length) : throw new UsageException($"stdin: longer than {maximum} characters");
    }
}
