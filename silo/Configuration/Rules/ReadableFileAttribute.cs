namespace ImageBuilder.Silo.Configuration.Rules;

/// <summary>The path of a file that is there and can be read; a relative one starts at the working folder.</summary>
internal sealed class ReadableFileAttribute : RuleAttribute
{
    /// <inheritdoc />
    public override string Allowed => "the path of a file that the service can read";

    /// <inheritdoc />
    public override string? Check(object value) => Problem((string)value);

    /// <summary>Why the file cannot be read, or null.</summary>
    public static string? Problem(string path)
    {
        if (path.Length == 0)
        {
            return "is empty";
        }

        try
        {
            using var file = File.OpenRead(path);
            return null;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return "does not exist";
        }
        catch (UnauthorizedAccessException)
        {
            return Directory.Exists(path) ? "is a folder" : "may not be read by this user";
        }
        catch (IOException error)
        {
            return $"cannot be read ({error.Message})";
        }
    }
}
