using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;
using ImageBuilder.Bob.Processes;
using Microsoft.Win32.SafeHandles;

namespace ImageBuilder.Bob.Init;

/// <summary>
/// Hands a user and password to git and to nobody else. They lie in an anonymous file in memory that git inherits and its credential helper
/// reads: so they are in no argument, no variable, no file with a name, not in .git/config, and they are gone when bob init and git are. Git asks
/// the helper for one server only, so a submodule elsewhere does not get them.
/// </summary>
internal sealed partial class GitLogin : IDisposable
{
    private readonly SafeFileHandle _memory;
    private readonly string _server;
    private readonly AuthenticationHeaderValue _authorization;

    /// <summary>Keeps a login for <paramref name="server"/>.</summary>
    /// <param name="server">Scheme, host and port of the repository.</param>
    /// <param name="user">The user; git's protocol for helpers allows no line break in it.</param>
    /// <param name="password">The password; the same goes for it.</param>
    public GitLogin(string server, string user, string password)
    {
        _server = server;
        _authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
        Secrets = [.. Redaction.FormsOf(user, password)];

        // Without MFD_CLOEXEC: inheriting it is the point.
        _memory = new SafeFileHandle(CreateMemoryFile("login", 0), ownsHandle: true);
        if (_memory.IsInvalid)
        {
            throw new IOException($"memfd_create failed with error {Marshal.GetLastPInvokeError()}");
        }

        RandomAccess.Write(_memory, Encoding.UTF8.GetBytes($"username={user}\npassword={password}\n"), 0);
    }

    /// <summary>The forms in which it must not be shown.</summary>
    public IReadOnlyList<string> Secrets { get; }

    /// <summary>The setting of git that makes it use the login. Opening the descriptor by its path gives each reader a position of its own.</summary>
    public string Setting => $"credential.{_server}.helper=!cat /proc/self/fd/{_memory.DangerousGetHandle()} #";

    /// <summary>The login for a request to <paramref name="address"/>; null on another server than the repository's.</summary>
    public AuthenticationHeaderValue? AuthorizationFor(Uri address) => address.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped) == _server ? _authorization : null;

    /// <inheritdoc />
    public void Dispose() => _memory.Dispose();

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial nint CreateMemoryFile(string name, uint flags);
}
