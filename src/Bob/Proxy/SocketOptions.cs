using System.Net.Sockets;

namespace ImageBuilder.Bob.Proxy;

/// <summary>What Linux can do with sockets and .NET has no name for.</summary>
internal static class SocketOptions
{
    private const int SocketLevel = 1;
    private const int ReceiveLowWaterMark = 18;

    /// <summary>Lets a connection be ready to read when so many bytes have come, or its end (socket(7), SO_RCVLOWAT).</summary>
    public static void WakeFor(Socket? socket, int bytes) => socket?.SetRawSocketOption(SocketLevel, ReceiveLowWaterMark, BitConverter.GetBytes(bytes));
}
