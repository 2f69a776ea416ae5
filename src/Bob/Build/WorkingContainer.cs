using System.Text.Json;

namespace ImageBuilder.Bob.Build;

/// <summary>A container that the engine works in, as its storage lists it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Layer">The layer that it writes.</param>
/// <param name="Created">When it was made.</param>
/// <param name="NoteFile">What the engine notes of it, a moment after it was made; whose it is can be seen there.</param>
internal sealed record WorkingContainer(string Id, string Layer, DateTimeOffset Created, string NoteFile)
{
    /// <summary>All of the storage in <paramref name="graph"/>, whoever's they are.</summary>
    public static IReadOnlyList<WorkingContainer> ReadAll(string graph) => [.. Drivers(graph).Where(driver => File.Exists(ListOf(driver))).SelectMany(Read)];

    /// <summary>
    /// The folders of containers that the list has no longer. The engine lists a container before it makes the folder, and strikes it off before it
    /// removes the folder; so whoever should have removed such a one was killed, or is just removing it.
    /// </summary>
    public static IReadOnlyList<string> UnlistedFolders(string graph)
    {
        var folders = Drivers(graph).SelectMany(Directory.EnumerateDirectories).ToArray();
        var listed = ReadAll(graph).Select(container => container.Id).ToHashSet();
        return [.. folders.Where(folder => !listed.Contains(Path.GetFileName(folder)))];
    }

    /// <summary>Whether the engine has noted that it belongs to the build whose folder of hooks is <paramref name="hooks"/>.</summary>
    public bool IsOf(string hooks) => ReadNote().Contains(JsonEncodedText.Encode(hooks).Value, StringComparison.Ordinal);

    /// <summary>
    /// Whether the engine has noted that it belongs to a build whose folder was in <paramref name="builds"/> and is gone. A builder makes its folder
    /// before any container and removes it last; but a container may resist, or an engine outlive its builder by a moment.
    /// </summary>
    public bool IsOfNoneIn(string builds)
    {
        var note = ReadNote();
        var prefix = JsonEncodedText.Encode(builds + Path.DirectorySeparatorChar).Value;
        var place = note.IndexOf(prefix, StringComparison.Ordinal);
        return place >= 0 && !Directory.Exists(Path.Combine(builds, note[(place + prefix.Length)..].Split('/', '"')[0]));
    }

    /// <summary>Notes as little as the engine must know of a container that it is told to remove.</summary>
    public void Note()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(NoteFile)!);
        File.WriteAllText(NoteFile, $$"""{"type":"buildah 0.0.1","container-id":"{{Id}}"}""");
    }

    private string ReadNote()
    {
        try
        {
            return File.ReadAllText(NoteFile);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            // It is not noted yet, or the container was just removed.
            return string.Empty;
        }
    }

    private static IEnumerable<string> Drivers(string graph) => Directory.Exists(graph) ? Directory.EnumerateDirectories(graph, "*-containers") : [];

    private static string ListOf(string driver) => Path.Combine(driver, "containers.json");

    private static List<WorkingContainer> Read(string driver)
    {
        using var list = JsonDocument.Parse(File.ReadAllBytes(ListOf(driver)));
        return
        [
            .. list.RootElement.EnumerateArray().Select(entry =>
            {
                var id = entry.GetProperty("id").GetString()!;
                return new WorkingContainer(id, entry.GetProperty("layer").GetString()!, entry.GetProperty("created").GetDateTimeOffset(), Path.Combine(driver, id, "userdata", "buildah.json"));
            }),
        ];
    }
}
