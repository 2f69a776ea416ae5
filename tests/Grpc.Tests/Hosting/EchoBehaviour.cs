using Grpc.Core;

namespace ImageBuilder.Grpc.Tests.Hosting;

/// <summary>What the echo service does in a test; by default it echoes.</summary>
public sealed class EchoBehaviour
{
    public UnaryServerMethod<EchoMessage, EchoMessage> Unary { get; set; } = (request, _) => Task.FromResult(request);

    public ClientStreamingServerMethod<EchoMessage, EchoMessage> ClientStream { get; set; } = async (requests, _) =>
    {
        var sum = new EchoMessage();
        await foreach (var request in requests.ReadAllAsync())
        {
            sum.Text += request.Text;
            sum.Number += request.Number;
        }

        return sum;
    };

    public ServerStreamingServerMethod<EchoMessage, EchoMessage> ServerStream { get; set; } = async (request, responses, _) =>
    {
        for (var i = 0; i < request.Number; i++)
        {
            await responses.WriteAsync(new EchoMessage { Text = request.Text, Number = i });
        }
    };

    public DuplexStreamingServerMethod<EchoMessage, EchoMessage> Duplex { get; set; } = async (requests, responses, _) =>
    {
        await foreach (var request in requests.ReadAllAsync())
        {
            await responses.WriteAsync(request);
        }
    };
}
