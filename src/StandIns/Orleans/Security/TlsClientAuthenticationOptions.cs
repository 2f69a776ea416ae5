using System.Net.Security;

namespace Orleans.Connections.Security;

/// <summary>What a client does with one connection.</summary>
public class TlsClientAuthenticationOptions
{
    /// <summary>The platform's own, a <see cref="System.Net.Security.SslClientAuthenticationOptions"/>.</summary>
    public object SslClientAuthenticationOptions { get; } = new SslClientAuthenticationOptions();
}
