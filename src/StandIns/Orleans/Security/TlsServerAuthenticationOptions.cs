using System.Net.Security;

namespace Orleans.Connections.Security;

/// <summary>What a server does with one connection.</summary>
public class TlsServerAuthenticationOptions
{
    /// <summary>The platform's own, a <see cref="System.Net.Security.SslServerAuthenticationOptions"/>.</summary>
    public object SslServerAuthenticationOptions { get; } = new SslServerAuthenticationOptions();
}
