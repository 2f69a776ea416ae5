using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ImageBuilder.Sandbox.Registry;

/// <summary>The bcrypt hash of a password, which is the one kind that docker-registry reads; made by the C library's libcrypt, which every Debian has.</summary>
internal static partial class PasswordHash
{
    // The registry checks the password in every request; bcrypt's smallest cost keeps that below a millisecond or two.
    private const uint Cost = 4;

    private static readonly Lock s_lock = new();

    /// <summary>The hash of <paramref name="password"/> with a random salt, as a line of an htpasswd file has it.</summary>
    public static string Compute(string password)
    {
        var random = RandomNumberGenerator.GetBytes(16);

        // Both functions answer in a buffer of their own, so one caller at a time.
        lock (s_lock)
        {
            var salt = Marshal.PtrToStringUTF8(GenerateSalt("$2b$", new CULong(Cost), random, random.Length));
            var hash = Marshal.PtrToStringUTF8(Crypt(password, salt ?? string.Empty));
            return hash is ['$', '2', ..] ? hash : throw new InvalidOperationException("libcrypt.so.1 of this machine cannot make bcrypt hashes");
        }
    }

    [LibraryImport("libcrypt.so.1", EntryPoint = "crypt_gensalt", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GenerateSalt(string prefix, CULong count, byte[] random, int randomLength);

    [LibraryImport("libcrypt.so.1", EntryPoint = "crypt", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Crypt(string password, string salt);
}
