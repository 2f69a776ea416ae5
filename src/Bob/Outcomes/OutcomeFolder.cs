using System.Text;
using System.Text.Json;

namespace ImageBuilder.Bob.Outcomes;

/// <summary>
/// The folder <c>.gitpod</c> of a workspace: where init says that the context is there, and where init and build say how they ended.
/// The repository may bring a folder of this name, so nothing in it is followed or trusted.
/// </summary>
internal sealed class OutcomeFolder(string workspace)
{
    /// <summary>The folder's name.</summary>
    public const string Name = ".gitpod";

    private readonly string _path = Path.Combine(workspace, Name);

    /// <summary>Appears when the build context is complete.</summary>
    public string ReadyFile => Path.Combine(_path, "ready");

    private string OutcomeFile => Path.Combine(_path, "outcome.json");

    private string ErrorFile => Path.Combine(_path, "bob.log");

    /// <summary>Says that the build context is complete.</summary>
    public void WriteReady() => Replace(ReadyFile, []);

    /// <summary>Says how the verb ended.</summary>
    public void Write(Outcome outcome)
    {
        if (!outcome.Succeeded)
        {
            Replace(ErrorFile, Encoding.UTF8.GetBytes(outcome.Message + "\n"));
        }

        Replace(OutcomeFile, Json(outcome));
    }

    // Written by hand: to get a serializer going takes longer than all else that is left to do when a build has ended.
    private static byte[] Json(Outcome outcome)
    {
        using var content = new MemoryStream();
        using (var json = new Utf8JsonWriter(content))
        {
            json.WriteStartObject();
            json.WriteBoolean("succeeded", outcome.Succeeded);
            json.WriteString("reason", outcome.Reason);
            json.WriteString("message", outcome.Message);
            json.WriteEndObject();
        }

        return content.ToArray();
    }

    private void Replace(string path, byte[] content)
    {
        if (new DirectoryInfo(_path).LinkTarget is not null)
        {
            throw new BobException(FailureReason.ContextUnavailable, $"build failed: the repository has a symbolic link {Name}; remove it, the builder needs a folder of this name");
        }

        Directory.CreateDirectory(_path);
        var temporary = $"{path}.{Guid.NewGuid():N}";
        using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
        {
            file.Write(content);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
