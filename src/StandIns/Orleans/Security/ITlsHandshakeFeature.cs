using System.Security.Authentication;

namespace Orleans.Connections.Security;

/// <summary>How a handshake ended.</summary>
public interface ITlsHandshakeFeature
{
    /// <summary>What was agreed on; <see cref="SslProtocols.None"/> when nothing was.</summary>
    SslProtocols Protocol { get; }
}
