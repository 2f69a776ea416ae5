using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Orleans.Runtime;

namespace ImageBuilder.Silo.Storage;

/// <summary>One state file: <c>{"grain":"type/key","state":"name","version":1,"data":…}</c>.</summary>
internal static class GrainStateFile
{
    private const int OpenReadOnly = 0;

    /// <summary>The content of the file, or null when there is none.</summary>
    public static byte[]? Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public static byte[] Format<T>(string stateName, GrainId grainId, long version, T state)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("grain", grainId.ToString());
            writer.WriteString("state", stateName);
            writer.WriteNumber("version", version);
            writer.WritePropertyName("data");
            JsonSerializer.Serialize(writer, state, GrainStateJson.Options);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="CorruptGrainStateException">The content is not a state of this grain.</exception>
    public static (long Version, T State) Parse<T>(string path, byte[] content, string stateName, GrainId grainId)
    {
        using var document = Open(path, content, stateName, grainId, out var version);
        try
        {
            var state = document.RootElement.GetProperty("data").Deserialize<T>(GrainStateJson.Options);
            return (version, state ?? throw new CorruptGrainStateException(path, "the state is null", null));
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or NotSupportedException)
        {
            throw new CorruptGrainStateException(path, $"the state is no {typeof(T).Name} ({error.Message})", error);
        }
    }

    /// <exception cref="CorruptGrainStateException">The content is not a state of this grain.</exception>
    public static long VersionOf(string path, byte[] content, string stateName, GrainId grainId)
    {
        using (Open(path, content, stateName, grainId, out var version))
        {
            return version;
        }
    }

    /// <summary>Puts <paramref name="content"/> in the place of the file; on the disk when it returns.</summary>
    public static void Replace(string path, byte[] content, string root)
    {
        var folder = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            for (var parent = Path.GetDirectoryName(folder)!; parent.Length >= root.Length; parent = Path.GetDirectoryName(parent)!)
            {
                Flush(parent);
            }
        }

        var temporary = path + ".tmp";
        var creation = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (var stream = new FileStream(temporary, creation))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
        Flush(folder);
    }

    /// <summary>Gives the file a name that no state has, and tells it; null when there is no file.</summary>
    public static string? SetAside(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var kept = path + ".unreadable";
        for (var number = 2; File.Exists(kept); number++)
        {
            kept = string.Create(CultureInfo.InvariantCulture, $"{path}.unreadable{number}");
        }

        File.Move(path, kept);
        Flush(Path.GetDirectoryName(path)!);
        return kept;
    }

    public static void Delete(string path)
    {
        File.Delete(path);
        Flush(Path.GetDirectoryName(path)!);
    }

    private static JsonDocument Open(string path, byte[] content, string stateName, GrainId grainId, out long version)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(content);
        }
        catch (JsonException error)
        {
            throw new CorruptGrainStateException(path, content.Length == 0 ? "the file is empty" : $"the file is no JSON ({error.Message})", error);
        }

        var root = document.RootElement;
        version = 0;
        var problem = root.ValueKind != JsonValueKind.Object ? "the file is no JSON object"
            : !Holds(root, "grain", grainId.ToString()) || !Holds(root, "state", stateName) ? $"the file is not state '{stateName}' of {grainId}"
            : !root.TryGetProperty("version", out var number) || !number.TryGetInt64(out version) ? "the file has no version"
            : null;
        if (problem is not null)
        {
            document.Dispose();
            throw new CorruptGrainStateException(path, problem, null);
        }

        return document;
    }

    private static bool Holds(JsonElement root, string property, string expected) =>
        root.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String && value.ValueEquals(expected);

    // A rename lasts once its folder is flushed, and .NET opens no folders.
    private static void Flush(string folder)
    {
        var descriptor = open(folder, OpenReadOnly);
        var isFlushed = descriptor >= 0 && fsync(descriptor) == 0;
        var error = Marshal.GetLastPInvokeError();
        if (descriptor >= 0)
        {
            _ = close(descriptor);
        }

        if (!isFlushed)
        {
            throw new IOException($"{folder} could not be flushed to the disk: {Marshal.GetPInvokeErrorMessage(error)}.");
        }
    }

    [DllImport("libc", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int fsync(int descriptor);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int close(int descriptor);
}
