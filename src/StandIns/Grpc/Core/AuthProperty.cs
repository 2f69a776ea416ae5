using System.Text;

namespace Grpc.Core;

/// <summary>One fact that the transport proved about the peer.</summary>
public class AuthProperty
{
    private AuthProperty(string name, byte[] valueBytes)
    {
        Name = name;
        ValueBytes = valueBytes;
    }

    /// <summary>Which fact, for example "x509_common_name".</summary>
    public string Name { get; }

    /// <summary>The fact, as UTF-8.</summary>
    public byte[] ValueBytes { get; }

    /// <summary>The fact.</summary>
    public string Value => Encoding.UTF8.GetString(ValueBytes);

    /// <summary>Makes a fact of a value in UTF-8.</summary>
    public static AuthProperty Create(string name, byte[] valueBytes)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(valueBytes);
        return new AuthProperty(name, [.. valueBytes]);
    }
}
