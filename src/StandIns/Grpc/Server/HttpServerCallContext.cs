using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace Grpc.AspNetCore.Server;

/// <summary>One call, on the HTTP/2 request that carries it.</summary>
[SuppressMessage("Design", "CA1001", Justification = "EndAsync, which ends every call, disposes the deadline.")]
internal sealed class HttpServerCallContext : ServerCallContext
{
    private const int Http2Cancel = 0x8;

    private static readonly AuthContext Unauthenticated = new(null, []);

    private readonly GrpcServiceOptions _options;
    private readonly CallDeadline? _deadline;
    private string? _peer;
    private string? _responseEncoding;
    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;
    private AuthContext? _authContext;
    private MessageReader? _reader;
    private MessageWriter? _writer;

    public HttpServerCallContext(HttpContext httpContext, GrpcServiceOptions options, ILogger logger)
    {
        HttpContext = httpContext;
        _options = options;
        httpContext.Response.ContentType = GrpcHeaders.ContentType;
        if (GrpcTimeout.TryParse(httpContext.Request.Headers[GrpcHeaders.Timeout], out var timeout) && timeout > TimeSpan.Zero)
        {
            _deadline = new CallDeadline(this, timeout, logger);
        }

        if (options.ResponseCompressionAlgorithm is { } encoding && AcceptsEncoding(encoding))
        {
            UseEncoding(encoding);
        }
    }

    public HttpContext HttpContext { get; }

    /// <summary>Whether the client has been told that the deadline passed; nothing can be sent any more.</summary>
    public bool IsDeadlineExceeded => _deadline?.IsExceeded ?? false;

    public MessageReader Reader => _reader ??= OpenReader();

    /// <inheritdoc />
    protected override string MethodCore => HttpContext.Request.Path.Value!;

    /// <inheritdoc />
    protected override string HostCore => HttpContext.Request.Host.Value!;

    /// <inheritdoc />
    protected override string PeerCore => _peer ??= HttpContext.Connection switch
    {
        { RemoteIpAddress: null } => "unknown",
        { RemoteIpAddress: { AddressFamily: AddressFamily.InterNetwork } address, RemotePort: var port } => $"ipv4:{address}:{port}",
        { RemoteIpAddress: { } address, RemotePort: var port } => $"ipv6:[{address}]:{port}",
    };

    /// <inheritdoc />
    protected override DateTime DeadlineCore => _deadline?.Deadline ?? DateTime.MaxValue;

    /// <inheritdoc />
    protected override Metadata RequestHeadersCore => _requestHeaders ??= ReadRequestHeaders();

    /// <inheritdoc />
    protected override CancellationToken CancellationTokenCore => _deadline?.CancellationToken ?? HttpContext.RequestAborted;

    /// <inheritdoc />
    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];

    /// <inheritdoc />
    protected override Status StatusCore { get; set; } = Status.DefaultSuccess;

    /// <inheritdoc />
    protected override WriteOptions? WriteOptionsCore { get; set; }

    /// <inheritdoc />
    protected override AuthContext AuthContextCore => _authContext ??=
        HttpContext.Connection.ClientCertificate is { } certificate ? Describe(certificate) : Unauthenticated;

    /// <inheritdoc />
    protected override IDictionary<object, object> UserStateCore => HttpContext.Items!;

    /// <summary>Puts a message into the response; <paramref name="flush"/> sends it and waits while the client reads too slowly.</summary>
    public async ValueTask WriteAsync<T>(T message, Action<T, SerializationContext> serializer, bool flush, CancellationToken cancellationToken)
    {
        var response = HttpContext.Response;
        if (!response.HasStarted)
        {
            await response.StartAsync(cancellationToken);
        }

        var flags = WriteOptions?.Flags ?? default;
        (_writer ??= new MessageWriter(_options.MaxSendMessageSize)).Write(
            message,
            serializer,
            response.BodyWriter,
            flags.HasFlag(WriteFlags.NoCompress) ? null : _responseEncoding,
            _options.ResponseCompressionLevel ?? CompressionLevel.Fastest);
        if (flush && !flags.HasFlag(WriteFlags.BufferHint))
        {
            var result = await response.BodyWriter.FlushAsync(cancellationToken);
            if (!result.IsCompleted && (CancellationToken.IsCancellationRequested || cancellationToken.IsCancellationRequested))
            {
                throw new OperationCanceledException("Request aborted while sending the message.");
            }
        }
    }

    /// <summary>Sends status and trailers, unless the deadline did.</summary>
    public async Task EndAsync()
    {
        if (_deadline is null)
        {
            ServerResponse.SetTrailers(HttpContext.Response, _responseTrailers, Status);
            return;
        }

        await using (_deadline)
        {
            if (_deadline.TryEnd())
            {
                ServerResponse.SetTrailers(HttpContext.Response, _responseTrailers, Status);
            }
        }
    }

    /// <summary>Sends DEADLINE_EXCEEDED and whatever is left of the response.</summary>
    public Task EndAtDeadlineAsync()
    {
        Status = new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded");
        ServerResponse.SetTrailers(HttpContext.Response, null, Status);
        return HttpContext.Response.CompleteAsync();
    }

    /// <summary>Ends the HTTP/2 stream at once.</summary>
    public void Reset()
    {
        if (HttpContext.Features.Get<IHttpResetFeature>() is { } feature)
        {
            feature.Reset(Http2Cancel);
        }
        else
        {
            HttpContext.Abort();
        }
    }

    /// <inheritdoc />
    protected override async Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        if (HttpContext.Response.HasStarted)
        {
            throw new InvalidOperationException("Response headers can only be sent once per call.");
        }

        foreach (var entry in responseHeaders)
        {
            if (entry.Key == GrpcHeaders.RequestEncoding)
            {
                UseEncoding(entry.Value);
            }
            else
            {
                ServerResponse.Append(HttpContext.Response.Headers, entry);
            }
        }

        await HttpContext.Response.BodyWriter.FlushAsync(CancellationToken.None);
    }

    /// <inheritdoc />
    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotImplementedException("CreatePropagationToken will be implemented in a future version.");

    private static AuthContext Describe(X509Certificate2 certificate)
    {
        const string AlternativeName = "x509_subject_alternative_name";
        const string CommonName = "x509_common_name";
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(extension => extension.EnumerateDnsNames()).ToList();
        var properties = new Dictionary<string, List<AuthProperty>>(StringComparer.Ordinal)
        {
            [CommonName] = [AuthProperty.Create(CommonName, Encoding.UTF8.GetBytes(certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false)))],
        };
        if (names.Count > 0)
        {
            properties[AlternativeName] = [.. names.Select(name => AuthProperty.Create(AlternativeName, Encoding.UTF8.GetBytes(name)))];
        }

        return new AuthContext(names.Count > 0 ? AlternativeName : CommonName, properties);
    }

    private static bool IsTransportHeader(string name) =>
        name.StartsWith(':')
        || name.Equals(GrpcHeaders.Encoding, StringComparison.OrdinalIgnoreCase)
        || name.Equals(GrpcHeaders.AcceptEncoding, StringComparison.OrdinalIgnoreCase)
        || name.Equals(GrpcHeaders.Timeout, StringComparison.OrdinalIgnoreCase)
        || name.Equals(HeaderNames.ContentEncoding, StringComparison.OrdinalIgnoreCase)
        || name.Equals(HeaderNames.ContentType, StringComparison.OrdinalIgnoreCase)
        || name.Equals(HeaderNames.TE, StringComparison.OrdinalIgnoreCase)
        || name.Equals(HeaderNames.Host, StringComparison.OrdinalIgnoreCase)
        || name.Equals(HeaderNames.AcceptEncoding, StringComparison.OrdinalIgnoreCase);

    private Metadata ReadRequestHeaders()
    {
        var metadata = new Metadata();
        foreach (var (name, values) in HttpContext.Request.Headers)
        {
            if (IsTransportHeader(name))
            {
                continue;
            }

            if (name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase))
            {
                foreach (var value in values.SelectMany(value => value!.Split(',', StringSplitOptions.TrimEntries)))
                {
                    metadata.Add(name, BinaryHeader.Decode(value));
                }
            }
            else
            {
                metadata.Add(name, values.ToString());
            }
        }

        return metadata;
    }

    private MessageReader OpenReader()
    {
        string? encoding = HttpContext.Request.Headers[GrpcHeaders.Encoding];
        if (encoding is not (null or Compression.Identity) && !Compression.IsKnown(encoding))
        {
            // https://github.com/grpc/grpc/blob/master/doc/compression.md: the refusal tells what is known.
            HttpContext.Response.Headers[GrpcHeaders.AcceptEncoding] = Compression.Accepted;
        }

        return new MessageReader(HttpContext.Request.BodyReader, _options.MaxReceiveMessageSize, encoding);
    }

    private bool AcceptsEncoding(string encoding) =>
        HttpContext.Request.Headers[GrpcHeaders.AcceptEncoding].ToString()
            .Split(',', StringSplitOptions.TrimEntries)
            .Contains(encoding, StringComparer.Ordinal);

    private void UseEncoding(string encoding)
    {
        if (encoding == Compression.Identity)
        {
            return;
        }

        if (!Compression.IsKnown(encoding))
        {
            throw new InvalidOperationException($"Unable to find compression provider for response encoding '{encoding}'.");
        }

        _responseEncoding = encoding;
        HttpContext.Response.Headers[GrpcHeaders.Encoding] = encoding;
    }
}
