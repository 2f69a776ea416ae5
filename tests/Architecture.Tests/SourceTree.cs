namespace ImageBuilder.Architecture.Tests;

/// <summary>The files of the repository, without what builds and package managers put there.</summary>
internal static class SourceTree
{
    private static readonly string[] Made = ["artifacts", "node_modules", "obj", "bin", ".git"];

    public static string Root { get; } = FindRoot();

    /// <summary>The files whose names match, by their paths from the root.</summary>
    public static IReadOnlyList<string> Files(string pattern) =>
    [
        .. Directory.EnumerateFiles(Root, pattern, new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            .Select(file => Path.GetRelativePath(Root, file))
            .Where(file => !file.Split('/').Intersect(Made).Any())
            .Order(StringComparer.Ordinal),
    ];

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    public static bool IsStandIn(string file) => file.StartsWith("src/StandIns/", StringComparison.Ordinal);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Orleans.ImageBuilder.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"{AppContext.BaseDirectory} is not below a checkout with Orleans.ImageBuilder.sln.");
    }
}
