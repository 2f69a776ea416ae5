using System.Text.Json;

namespace ImageBuilder.Bob.Build;

/// <summary>A container that the engine works in, as its storage lists it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Created">When it was made.</param>
/// <param name="NoteFile">What the engine notes of it, a moment after it was made; whose it is can be seen there.</param>
internal sealed record WorkingContainer(string Id, DateTimeOffset Created, string NoteFile)
{
    /// <summary>All of the storage in <paramref name="graph"/>, whoever's they are.</summary>
    public static IReadOnlyList<WorkingContainer> ReadAll(string graph) =>
    [
        .. (Directory.Exists(graph) ? Directory.EnumerateDirectories(graph, "*-containers") : [])
            .Where(driver => File.Exists(ListOf(driver)))
            .SelectMany(Read),
    ];

    /// <summary>Notes as little as the engine must know of a container that it is told to remove.</summary>
    public void Note()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(NoteFile)!);
        File.WriteAllText(NoteFile, $$"""{"type":"buildah 0.0.1","container-id":"{{Id}}"}""");
    }

    private static string ListOf(string driver) => Path.Combine(driver, "containers.json");

    private static List<WorkingContainer> Read(string driver)
    {
        using var list = JsonDocument.Parse(File.ReadAllBytes(ListOf(driver)));
        return
        [
            .. list.RootElement.EnumerateArray().Select(entry =>
            {
                var id = entry.GetProperty("id").GetString()!;
                return new WorkingContainer(id, entry.GetProperty("created").GetDateTimeOffset(), Path.Combine(driver, id, "userdata", "buildah.json"));
            }),
        ];
    }
}
