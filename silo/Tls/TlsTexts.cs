using System.Security.Cryptography;
using System.Text;
using ImageBuilder.Silo.Configuration;

namespace ImageBuilder.Silo.Tls;

/// <summary>What the files of one side say.</summary>
internal sealed record TlsTexts(string Certificates, string Key, string? Authorities)
{
    private const int LongestFile = 1 << 20;

    /// <summary>Tells other texts from these, and nothing of what they are.</summary>
    public string Digest => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{Certificates}\0{Key}\0{Authorities}")));

    /// <summary>Reads them.</summary>
    /// <exception cref="IOException">One cannot be read, or is too long.</exception>
    /// <exception cref="UnauthorizedAccessException">One may not be read.</exception>
    public static TlsTexts Read(ITlsFiles files) => new(ReadFile(files.CertPath), ReadFile(files.KeyPath), files.CaPath is { } ca ? ReadFile(ca) : null);

    private static string ReadFile(string path) =>
        new FileInfo(path).Length > LongestFile ? throw new IOException($"{path} is longer than {LongestFile} bytes") : File.ReadAllText(path);
}
