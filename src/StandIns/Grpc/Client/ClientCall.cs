using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>One call: its HTTP/2 request, and the one status that it ends with, whoever ends it.</summary>
[SuppressMessage("Design", "CA1001", Justification = "End, which every call comes to, disposes what it holds.")]
internal abstract class ClientCall : IDisposable
{
    /// <summary>A timer takes no longer time; a later deadline arms it again.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(40);

    private static readonly string UserAgent =
        $"grpc-dotnet/{typeof(ClientCall).Assembly.GetName().Version?.ToString(3)} (.NET {Environment.Version}; stand-in)";

    // The deadline goes over the wire, so it is held against the machine's clock as the server's is.
    private static readonly TimeProvider Clock = TimeProvider.System;

    private readonly TaskCompletionSource<Status> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Metadata> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _cancellation = new();
    private readonly IMethod _method;
    private readonly List<IDisposable> _held = [];
    private HttpResponseMessage? _response;
    private ITimer? _deadlineTimer;
    private Metadata _trailers = Metadata.Empty;
    private volatile bool _isTrailersKnown;

    protected ClientCall(GrpcChannel channel, IMethod method, CallOptions options)
    {
        if (options.Deadline is { Kind: not DateTimeKind.Utc } deadline && deadline != DateTime.MaxValue && deadline != DateTime.MinValue)
        {
            throw new InvalidOperationException("Deadline must have a kind DateTimeKind.Utc or be equal to DateTime.MaxValue or DateTime.MinValue.");
        }

        Channel = channel;
        Options = options;
        _method = method;
        CancellationToken = _cancellation.Token;
        RequestEncoding = options.Headers?.GetValue(GrpcHeaders.RequestEncoding) is { } encoding && encoding != Compression.Identity ? encoding : null;
        if (RequestEncoding is not null && !Compression.IsKnown(RequestEncoding))
        {
            throw new InvalidOperationException($"Could not find compression provider for '{RequestEncoding}'.");
        }
    }

    public GrpcChannel Channel { get; }

    public CallOptions Options { get; }

    /// <summary>How requests are compressed; null is not.</summary>
    public string? RequestEncoding { get; }

    /// <summary>Cancelled when the call ends, however it ends.</summary>
    public CancellationToken CancellationToken { get; }

    public bool IsEnded => _end.Task.IsCompleted;

    public Task<Metadata> ResponseHeadersAsync => _headers.Task;

    public Status GetStatus() => IsEnded
        ? _end.Task.Result
        : throw new InvalidOperationException("Unable to get the status because the call is not complete.");

    public Metadata GetTrailers() => IsEnded && _isTrailersKnown
        ? _trailers
        : throw new InvalidOperationException("Can't get the call trailers because the call has not completed successfully.");

    public void Dispose() => Cancel(new Status(StatusCode.Cancelled, "gRPC call disposed."));

    /// <summary>Ends the call from this side.</summary>
    public void Cancel(Status status)
    {
        if (_end.TrySetResult(status))
        {
            Release(status);
        }
    }

    /// <summary>Cancels the call by <paramref name="token"/>, as long as the result is not disposed.</summary>
    public CancellationTokenRegistration CancelBy(CancellationToken token) => token.UnsafeRegister(
        static (state, token) => ((ClientCall)state!).Cancel(
            new Status(StatusCode.Cancelled, "Call canceled by the client.", new OperationCanceledException(token))),
        this);

    /// <summary>What a caller gets to see of an end that is not OK.</summary>
    public Exception ToException(Status status) =>
        Channel.ThrowsOperationCanceled
        && (status.StatusCode == StatusCode.DeadlineExceeded || (status.StatusCode == StatusCode.Cancelled && CancellationToken.IsCancellationRequested))
            ? new OperationCanceledException(status.Detail, new RpcException(status, _trailers), Options.CancellationToken)
            : new RpcException(status, _trailers);

    /// <summary>The status that <paramref name="failure"/> means; the call's own when it has ended.</summary>
    public Status Resolve(string summary, Exception failure)
    {
        if (IsEnded)
        {
            return _end.Task.Result;
        }

        var status = failure switch
        {
            RpcException known => known.Status,
            OperationCanceledException => new Status(StatusCode.Cancelled, "Call canceled by the client.", failure),
            _ => new Status(CodeOf(failure), $"{summary} {ExceptionText.Of(failure)}", failure),
        };

        // The server's stream reset may overtake our own timer.
        return status.StatusCode == StatusCode.Cancelled && Options.Deadline <= Clock.GetUtcNow().UtcDateTime
            ? new Status(StatusCode.DeadlineExceeded, status.Detail, status.DebugException)
            : status;
    }

    /// <summary>Sends the request; the response's headers have come when it completes.</summary>
    /// <exception cref="Exception">It could not be sent; the caller gives it to <see cref="Resolve"/>.</exception>
    protected async Task<HttpResponseMessage> SendAsync(HttpContent content)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Channel.Address, _method.FullName))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrHigher,
            Content = content,
        };
        Hold(request);
        AddHeaders(request.Headers);
        Hold(CancelBy(Options.CancellationToken));
        Hold(Channel.Open().UnsafeRegister(static state => ((ClientCall)state!).Dispose(), this));
        StartDeadline();
        CancellationToken.ThrowIfCancellationRequested();
        var response = Channel.HttpInvoker is HttpClient client
            ? await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, CancellationToken)
            : await Channel.HttpInvoker.SendAsync(request, CancellationToken);
        Hold(response);
        _response = response;
        _headers.TrySetResult(ToMetadata(response.Headers));
        return response;
    }

    /// <summary>The end that a response's headers alone tell, or null when messages follow.</summary>
    protected Status? EndInHeaders(HttpResponseMessage response)
    {
        if (response.Version < HttpVersion.Version20)
        {
            return new Status(StatusCode.Internal, $"Bad gRPC response. Response protocol downgraded to HTTP/{response.Version.ToString(2)}.");
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            return new Status(CodeOf(response.StatusCode), $"Bad gRPC response. HTTP status code: {(int)response.StatusCode}");
        }

        var contentType = response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var values) ? values.ToString() : null;
        if (contentType is null)
        {
            return new Status(StatusCode.Cancelled, "Bad gRPC response. Response did not have a content-type header.");
        }

        if (!GrpcHeaders.IsGrpc(contentType))
        {
            return new Status(StatusCode.Cancelled, $"Bad gRPC response. Invalid content-type value: {contentType}");
        }

        return StatusIn(response.Headers) is { } status ? TakeTrailers(response.Headers, status) : null;
    }

    /// <summary>The end that the trailers tell, once the body is read.</summary>
    protected Status EndInTrailers(HttpResponseMessage response) =>
        TakeTrailers(
            response.TrailingHeaders,
            StatusIn(response.TrailingHeaders) ?? new Status(StatusCode.Cancelled, "No grpc-status found on response."));

    protected async Task<MessageReader> OpenReaderAsync(HttpResponseMessage response)
    {
        var stream = await response.Content.ReadAsStreamAsync(CancellationToken);
        var encoding = response.Headers.NonValidated.TryGetValues(GrpcHeaders.Encoding, out var values) ? values.ToString() : null;
        return new MessageReader(
            PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 16 * 1024)), Channel.MaxReceiveMessageSize, encoding);
    }

    /// <summary>Ends the call with the peer's status, or with a failure; the first end counts.</summary>
    protected Status End(Status status)
    {
        if (_end.TrySetResult(status))
        {
            Release(status);
        }

        return _end.Task.Result;
    }

    /// <summary>Lets go of the request stream.</summary>
    protected abstract void AbortRequests();

    private static Metadata ToMetadata(HttpResponseHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            if (name.StartsWith(':')
                || name.Equals(GrpcHeaders.Status, StringComparison.OrdinalIgnoreCase)
                || name.Equals(GrpcHeaders.Message, StringComparison.OrdinalIgnoreCase)
                || name.Equals(GrpcHeaders.Encoding, StringComparison.OrdinalIgnoreCase)
                || name.Equals(GrpcHeaders.AcceptEncoding, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            foreach (var value in values)
            {
                if (!name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase))
                {
                    metadata.Add(name, value);
                    continue;
                }

                foreach (var part in value.Split(',', StringSplitOptions.TrimEntries))
                {
                    metadata.Add(name, BinaryHeader.Decode(part));
                }
            }
        }

        return metadata;
    }

    private static Status? StatusIn(HttpResponseHeaders headers)
    {
        if (!headers.NonValidated.TryGetValues(GrpcHeaders.Status, out var code))
        {
            return null;
        }

        if (!int.TryParse(code.ToString(), out var number))
        {
            return new Status(StatusCode.Cancelled, $"Unexpected grpc-status value: {code}");
        }

        var detail = headers.NonValidated.TryGetValues(GrpcHeaders.Message, out var message) ? PercentEncoding.Decode(message.ToString()) : string.Empty;
        return new Status((StatusCode)number, detail);
    }

    // https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
    private static StatusCode CodeOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest => StatusCode.Internal,
        HttpStatusCode.Unauthorized => StatusCode.Unauthenticated,
        HttpStatusCode.Forbidden => StatusCode.PermissionDenied,
        HttpStatusCode.NotFound => StatusCode.Unimplemented,
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout
            => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };

    // https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors
    private static StatusCode CodeOf(Exception failure)
    {
        var code = StatusCode.Internal;
        for (var inner = failure; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case HttpProtocolException protocol:
                    return protocol.ErrorCode switch
                    {
                        0x7 => StatusCode.Unavailable,
                        0x8 => StatusCode.Cancelled,
                        0xb => StatusCode.ResourceExhausted,
                        0xc => StatusCode.PermissionDenied,
                        _ => StatusCode.Internal,
                    };
                case SocketException or IOException:
                    code = StatusCode.Unavailable;
                    break;
            }
        }

        return code;
    }

    private Status TakeTrailers(HttpResponseHeaders headers, Status status)
    {
        try
        {
            _trailers = ToMetadata(headers);
            return status;
        }
        catch (FormatException failure)
        {
            return new Status(StatusCode.Cancelled, $"A trailer is not well-formed. {failure.Message}", failure);
        }
        finally
        {
            _isTrailersKnown = true;
        }
    }

    private void AddHeaders(HttpRequestHeaders headers)
    {
        headers.TryAddWithoutValidation("TE", "trailers");
        headers.TryAddWithoutValidation("User-Agent", UserAgent);
        headers.TryAddWithoutValidation(GrpcHeaders.AcceptEncoding, Compression.Accepted);
        if (RequestEncoding is not null)
        {
            headers.TryAddWithoutValidation(GrpcHeaders.Encoding, RequestEncoding);
        }

        if (Options.Deadline is { } deadline && deadline != DateTime.MaxValue)
        {
            headers.TryAddWithoutValidation(GrpcHeaders.Timeout, GrpcTimeout.Format(deadline - Clock.GetUtcNow().UtcDateTime));
        }

        foreach (var entry in Options.Headers ?? Metadata.Empty)
        {
            if (entry.Key != GrpcHeaders.RequestEncoding)
            {
                headers.TryAddWithoutValidation(entry.Key, entry.IsBinary ? BinaryHeader.Encode(entry.ValueBytes) : entry.Value);
            }
        }
    }

    private void StartDeadline()
    {
        if (Options.Deadline is { } deadline && deadline != DateTime.MaxValue)
        {
            using (ExecutionContext.SuppressFlow())
            {
                _deadlineTimer = Clock.CreateTimer(static state => ((ClientCall)state!).OnDeadline(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }

            Hold(_deadlineTimer);
            OnDeadline();
        }
    }

    private void OnDeadline()
    {
        var due = Options.Deadline!.Value - Clock.GetUtcNow().UtcDateTime;
        if (due <= TimeSpan.Zero)
        {
            Cancel(new Status(StatusCode.DeadlineExceeded, string.Empty));
        }
        else
        {
            // A millisecond more, so that a timer that fires early is not armed again for a few microseconds.
            _deadlineTimer!.Change(due < LongestTimer ? due + TimeSpan.FromMilliseconds(1) : LongestTimer, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Keeps <paramref name="resource"/> until the call ends.</summary>
    private void Hold(IDisposable resource)
    {
        lock (_held)
        {
            if (!IsEnded)
            {
                _held.Add(resource);
                return;
            }
        }

        resource.Dispose();
    }

    private void Release(Status status)
    {
        _cancellation.Cancel();
        AbortRequests();
        if (_headers.TrySetException(ToException(status)))
        {
            // Nobody has to look at the headers of a failed call.
            _ = _headers.Task.Exception;
        }

        // The response first: disposing it is what resets the stream of a call that goes on.
        _response?.Dispose();
        IDisposable[] held;
        lock (_held)
        {
            held = [.. _held];
            _held.Clear();
        }

        foreach (var resource in held)
        {
            resource.Dispose();
        }

        _cancellation.Dispose();
    }
}
