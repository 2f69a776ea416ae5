using System.Security.Cryptography;
using System.Text;
using ImageBuilder.Registry.Credentials;
using Microsoft.AspNetCore.Http;

namespace ImageBuilder.Bob.Proxy;

/// <summary>
/// What a proxy asks for before it serves: a password, by basic authentication. Only the build that it is for is told, and its steps are not; for they may reach
/// the proxy, as may those of other builds where they have this machine's network.
/// </summary>
internal sealed class ProxyKey
{
    /// <summary>What whoever comes without it is told to bring.</summary>
    public const string Challenge = "Basic realm=\"bob\"";

    /// <summary>What whoever comes without it is told.</summary>
    public const string Refusal = "this proxy serves one build, which has its password";

    private const string User = "bob";

    private readonly byte[] _header;

    private ProxyKey(string password)
    {
        Password = password;
        Login = LoginOf(password);
        _header = Encoding.UTF8.GetBytes($"Basic {Login.Auth}");
    }

    /// <summary>The password.</summary>
    public string Password { get; }

    /// <summary>What opens the proxy.</summary>
    public RegistryCredential Login { get; }

    /// <summary>One that nobody can guess.</summary>
    public static ProxyKey New() => new(RandomNumberGenerator.GetHexString(32, lowercase: true));

    /// <summary>What opens a proxy with <paramref name="password"/>.</summary>
    public static RegistryCredential LoginOf(string password) => RegistryCredential.Basic(User, password);

    /// <summary>Whether <paramref name="request"/> brings it.</summary>
    public bool IsIn(HttpRequest request) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(request.Headers.Authorization.ToString()), _header);
}
