using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace ImageBuilder.Sandbox.Processes;

/// <summary>Chooses loopback ports that nobody listens on.</summary>
public static class FreePort
{
    private static readonly HashSet<int> s_given = [];

    /// <summary>A free port below the range that the kernel gives to outgoing connections, so that none of those takes it meanwhile; never the same one twice.</summary>
    public static int Choose()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(10_000, 32_000);
            lock (s_given)
            {
                if (IsFree(port) && s_given.Add(port))
                {
                    return port;
                }
            }
        }
    }

    /// <summary>
    /// The port of something that lasts, remembered in <paramref name="file"/>: the given one unless it is 0, else the one of the
    /// last time if that is free, else a free one.
    /// </summary>
    public static int ChooseFor(string file, int given)
    {
        var port = given;
        if (port == 0)
        {
            port = File.Exists(file) && int.TryParse(File.ReadAllText(file), out var last) && IsFree(last) ? last : Choose();
        }

        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, $"{port}");
        return port;
    }

    /// <summary>Whether <paramref name="port"/> of 127.0.0.1 can be listened on.</summary>
    public static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
