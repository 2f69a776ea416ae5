using System.Net.Sockets;

namespace ImageBuilder.Bob.Proxy;

/// <summary>What Linux can do with sockets and .NET has no name for.</summary>
internal static class SocketOptions
{
    // Each has a thread; a proxy serves one build, whatever the machine.
    private const int MaximumPollers = 4;

    private const int SocketLevel = 1;
    private const int ReceiveLowWaterMark = 18;

    /// <summary>
    /// Has what waited for a socket go on in the thread that hears of it, in place of one of the pool, which has to be woken. To be called before the process has its
    /// first socket, since .NET reads it from the environment, and only where nothing blocks a thread to wait for a socket. Measured with a push of 1 GiB on two
    /// cores: 0.4 s of processor time in place of 0.7.
    /// </summary>
    public static void GoOnWhereHeard()
    {
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", $"{Math.Min(Environment.ProcessorCount, MaximumPollers)}");
    }

    /// <summary>Lets a connection be ready to read when so many bytes have come, or its end (socket(7), SO_RCVLOWAT).</summary>
    public static void WakeFor(Socket? socket, int bytes) => socket?.SetRawSocketOption(SocketLevel, ReceiveLowWaterMark, BitConverter.GetBytes(bytes));
}
