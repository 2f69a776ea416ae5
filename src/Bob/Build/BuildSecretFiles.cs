using System.Text.RegularExpressions;
using ImageBuilder.Bob.Commands;

namespace ImageBuilder.Bob.Build;

/// <summary>
/// The secrets of a build: files of a folder that whoever starts the build made for it, each named like its secret. They are in no argument and no
/// variable, and are removed when the build ends.
/// </summary>
internal sealed partial class BuildSecretFiles : IDisposable
{
    /// <summary>The variable with the folder.</summary>
    public const string Variable = "BOB_SECRETS_FOLDER";

    private const int MaximumCount = 32;

    // BuildKit takes no larger ones.
    private const int MaximumSize = 500_000;

    private readonly string? _folder;

    private BuildSecretFiles(string? folder, IReadOnlyDictionary<string, string> files, IReadOnlyCollection<string> values)
    {
        _folder = folder;
        Files = files;
        Values = values;
    }

    /// <summary>No secrets.</summary>
    public static BuildSecretFiles None { get; } = new(null, new Dictionary<string, string>(), []);

    /// <summary>Each secret's id and file.</summary>
    public IReadOnlyDictionary<string, string> Files { get; }

    /// <summary>What must not show in the build's output: the secrets, and the lines of those that have several.</summary>
    public IReadOnlyCollection<string> Values { get; }

    /// <summary>Reads those in <paramref name="folder"/>; null and empty mean none.</summary>
    /// <exception cref="UsageException">The folder is not as it must be.</exception>
    public static BuildSecretFiles Read(string? folder)
    {
        if (string.IsNullOrEmpty(folder))
        {
            return None;
        }

        if (!Path.IsPathRooted(folder) || !Directory.Exists(folder))
        {
            throw new UsageException($"{Variable}: must be the absolute path of a folder");
        }

        var files = new DirectoryInfo(folder).EnumerateFileSystemInfos().Take(MaximumCount + 1).ToList();
        if (files.Count > MaximumCount || files.Exists(file => file is not FileInfo { LinkTarget: null, Length: <= MaximumSize } || !Id().IsMatch(file.Name)))
        {
            throw new UsageException(
                $"{Variable}: must hold up to {MaximumCount} plain files of up to {MaximumSize} bytes, each named with up to 64 letters, digits, \"_\", \"-\" and \".\"");
        }

        foreach (var file in files)
        {
            file.UnixFileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var texts = files.ConvertAll(file => File.ReadAllText(file.FullName));
        return new BuildSecretFiles(
            folder, files.ToDictionary(file => file.Name, file => file.FullName), [.. texts.SelectMany(text => text.Split('\n').Append(text)).Select(text => text.Trim()).Distinct()]);
    }

    /// <summary>The engines' arguments that give them to the build.</summary>
    public IEnumerable<string> Arguments => Files.SelectMany(file => (string[])["--secret", $"id={file.Key},src={file.Value}"]);

    /// <inheritdoc />
    public void Dispose()
    {
        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\z")]
    private static partial Regex Id();
}
