using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace ImageBuilder.Grpc.Tests.Hosting;

/// <summary>A call made by hand, byte by byte, to send what no client would, and to see what really goes over the wire.</summary>
internal static class RawCall
{
    public const string UnaryPath = "/imagebuilder.tests.Echo/Unary";

    /// <summary>A framed message.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> message, byte compressed = 0, uint? length = null)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = compressed;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), length ?? (uint)message.Length);
        message.CopyTo(frame.AsSpan(5));
        return frame;
    }

    public static byte[] Frame(IMessage message) => Frame(message.ToByteArray());

    public static async Task<RawAnswer> SendAsync(
        Uri address, string path, byte[] body, string? contentType = "application/grpc", params (string Name, string Value)[] headers)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await client.SendAsync(request);
        var answer = await response.Content.ReadAsByteArrayAsync();
        return new RawAnswer(response, answer);
    }

    /// <summary>What came back.</summary>
    internal sealed class RawAnswer(HttpResponseMessage response, byte[] body)
    {
        public HttpStatusCode HttpStatus { get; } = response.StatusCode;

        public byte[] Body { get; } = body;

        public bool IsTrailersOnly { get; } = response.Headers.Contains("grpc-status");

        public string? Status => Header("grpc-status");

        public string? Message => Header("grpc-message");

        public string? Header(string name) =>
            response.TrailingHeaders.TryGetValues(name, out var trailers) ? string.Join(',', trailers)
            : response.Headers.TryGetValues(name, out var headers) ? string.Join(',', headers)
            : null;
    }
}
