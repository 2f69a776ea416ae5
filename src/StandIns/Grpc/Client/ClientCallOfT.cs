using System.IO.Compression;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>One call and its messages.</summary>
internal sealed class ClientCall<TRequest, TResponse>(GrpcChannel channel, Method<TRequest, TResponse> method, CallOptions options)
    : ClientCall(channel, method, options)
    where TRequest : class
    where TResponse : class
{
    private const string StartFailed = "Error starting gRPC call.";
    private const string NoMessage = "Failed to deserialize response message.";

    private readonly Method<TRequest, TResponse> _method = method;

    /// <summary>The requests of a call that streams them.</summary>
    public ClientStreamWriter<TRequest, TResponse>? Requests { get; private set; }

    /// <summary>Starts the call; <paramref name="request"/> is null when requests are streamed.</summary>
    public Task<TResponse> StartUnaryResponse(TRequest? request)
    {
        var response = RunUnaryResponseAsync(CreateContent(request));
        _ = response.ContinueWith(
            static failed => _ = failed.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return response;
    }

    /// <summary>Starts the call; <paramref name="request"/> is null when requests are streamed.</summary>
    public ClientStreamReader<TRequest, TResponse> StartStreamingResponse(TRequest? request)
    {
        var start = StartStreamingResponseAsync(CreateContent(request));
        return new ClientStreamReader<TRequest, TResponse>(this, start);
    }

    /// <summary>A framed request.</summary>
    public PooledBufferWriter Frame(TRequest request, WriteOptions? writeOptions)
    {
        var framed = new PooledBufferWriter(1024);
        try
        {
            var encoding = (writeOptions?.Flags ?? default).HasFlag(WriteFlags.NoCompress) ? null : RequestEncoding;
            new MessageWriter(Channel.MaxSendMessageSize).Write(
                request, _method.RequestMarshaller.ContextualSerializer, framed, encoding, CompressionLevel.Fastest);
            return framed;
        }
        catch
        {
            framed.Dispose();
            throw;
        }
    }

    /// <summary>The next response, or null once the call has ended with OK.</summary>
    public async Task<TResponse?> ReadAsync(MessageReader reader, HttpResponseMessage response)
    {
        Status status;
        try
        {
            if (await reader.ReadAsync(_method.ResponseMarshaller.ContextualDeserializer, CancellationToken) is { } message)
            {
                return message;
            }

            status = EndInTrailers(response);
        }
        catch (Exception failure)
        {
            status = Resolve("Error reading next message.", failure);
        }

        reader.Close();
        status = End(status);
        return status.StatusCode == StatusCode.OK ? null : throw ToException(status);
    }

    protected override void AbortRequests() => Requests?.Abort();

    private Func<HttpContent> CreateContent(TRequest? request)
    {
        if (request is not null)
        {
            return () => new UnaryContent(Frame(request, Options.WriteOptions));
        }

        Requests = new ClientStreamWriter<TRequest, TResponse>(this);
        var content = new StreamingContent(Requests);
        return () => content;
    }

    private async Task<TResponse> RunUnaryResponseAsync(Func<HttpContent> content)
    {
        TResponse? message = null;
        Status status;
        try
        {
            var response = await SendAsync(content());
            if (EndInHeaders(response) is { } early)
            {
                status = early.StatusCode == StatusCode.OK ? new Status(StatusCode.Internal, NoMessage) : early;
            }
            else
            {
                var reader = await OpenReaderAsync(response);
                message = await reader.ReadAsync(_method.ResponseMarshaller.ContextualDeserializer, CancellationToken);
                if (message is not null)
                {
                    await reader.ReadEndAsync(CancellationToken);
                }

                reader.Close();
                status = EndInTrailers(response);
                if (message is null && status.StatusCode == StatusCode.OK)
                {
                    status = new Status(StatusCode.Internal, NoMessage);
                }
            }
        }
        catch (Exception failure)
        {
            status = Resolve(StartFailed, failure);
        }

        status = End(status);
        return status.StatusCode == StatusCode.OK ? message! : throw ToException(status);
    }

    private async Task<(MessageReader Reader, HttpResponseMessage Response)?> StartStreamingResponseAsync(Func<HttpContent> content)
    {
        try
        {
            var response = await SendAsync(content());
            if (EndInHeaders(response) is not { } early)
            {
                return (await OpenReaderAsync(response), response);
            }

            End(early);
        }
        catch (Exception failure)
        {
            End(Resolve(StartFailed, failure));
        }

        return null;
    }
}
