using System.Text;

namespace ImageBuilder.Bob.Build;

/// <summary>A small file that is the same from build to build. To write over a file waits for the disk on some file systems (ext4's auto_da_alloc); to read it does not.</summary>
internal static class KeptFile
{
    /// <summary>Gives <paramref name="path"/> this content, if it has another or is not there.</summary>
    public static void Write(string path, string content)
    {
        if (!File.Exists(path) || !File.ReadAllBytes(path).AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(content)))
        {
            File.WriteAllText(path, content);
        }
    }
}
