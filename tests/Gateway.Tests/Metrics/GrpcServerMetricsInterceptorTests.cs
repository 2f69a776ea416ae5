using System.Text;
using Grpc.Core;
using ImageBuilder.Gateway.Metrics;
using ImageBuilder.Testing;
using Prometheus;

namespace ImageBuilder.Gateway.Tests.Metrics;

public sealed class GrpcServerMetricsInterceptorTests
{
    private const string Unary = "grpc_type=\"unary\",grpc_service=\"builder.ImageBuilder\",grpc_method=\"Build\"";

    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();
    private readonly ManualTimeProvider _clock = new();
    private readonly GrpcServerMetricsInterceptor _interceptor;

    public GrpcServerMetricsInterceptorTests() =>
        _interceptor = new GrpcServerMetricsInterceptor(Prometheus.Metrics.WithCustomRegistry(_registry), _clock);

    [Fact]
    public async Task Unary_Succeeds_CountsCallMessagesAndTime()
    {
        var response = await _interceptor.UnaryServerHandler<string, string>("question", new Call(), (_, _) =>
        {
            _clock.Advance(TimeSpan.FromSeconds(2));
            return Task.FromResult("answer");
        });

        response.ShouldBe("answer");
        var text = await TextAsync();
        text.ShouldContain($"grpc_server_started_total{{{Unary}}} 1");
        text.ShouldContain($"grpc_server_msg_received_total{{{Unary}}} 1");
        text.ShouldContain($"grpc_server_msg_sent_total{{{Unary}}} 1");
        text.ShouldContain($"grpc_server_handled_total{{{Unary},grpc_code=\"OK\"}} 1");
        text.ShouldContain($"grpc_server_handling_seconds_bucket{{{Unary},le=\"1\"}} 0");
        text.ShouldContain($"grpc_server_handling_seconds_bucket{{{Unary},le=\"2.5\"}} 1");
        text.ShouldContain($"grpc_server_handling_seconds_sum{{{Unary}}} 2");
    }

    [Fact]
    public async Task Seconds_Buckets_AreThoseOfTheWireContract()
    {
        await _interceptor.UnaryServerHandler<string, string>("question", new Call(), (_, _) => Task.FromResult("answer"));

        (await TextAsync()).Where(line => line.Contains("_bucket", StringComparison.Ordinal)).Select(line => line.Split("le=\"")[1].Split('"')[0])
            .ShouldBe(["0.005", "0.025", "0.05", "0.1", "0.5", "1", "2.5", "5", "30", "60", "120", "240", "600", "+Inf"]);
    }

    [Theory]
    [InlineData(StatusCode.Cancelled, "Canceled")]
    [InlineData(StatusCode.InvalidArgument, "InvalidArgument")]
    [InlineData(StatusCode.DeadlineExceeded, "DeadlineExceeded")]
    [InlineData(StatusCode.NotFound, "NotFound")]
    [InlineData(StatusCode.ResourceExhausted, "ResourceExhausted")]
    [InlineData(StatusCode.Unavailable, "Unavailable")]
    [InlineData(StatusCode.Unauthenticated, "Unauthenticated")]
    [InlineData((StatusCode)99, "Unknown")]
    public async Task Unary_Fails_CountsTheCodeAsGoSpellsIt(StatusCode code, string spelled)
    {
        await Should.ThrowAsync<RpcException>(() => _interceptor.UnaryServerHandler<string, string>(
            "question", new Call(), (_, _) => throw new RpcException(new Status(code, "no"))));

        var text = await TextAsync();
        text.ShouldContain($"grpc_server_handled_total{{{Unary},grpc_code=\"{spelled}\"}} 1");
        text.ShouldContain($"grpc_server_msg_sent_total{{{Unary}}} 0");
    }

    [Fact]
    public async Task Unary_Throws_CountsUnknown()
    {
        await Should.ThrowAsync<InvalidOperationException>(() => _interceptor.UnaryServerHandler<string, string>(
            "question", new Call(), (_, _) => throw new InvalidOperationException()));

        (await TextAsync()).ShouldContain($"grpc_server_handled_total{{{Unary},grpc_code=\"Unknown\"}} 1");
    }

    [Theory]
    [InlineData(false, "Canceled")]
    [InlineData(true, "DeadlineExceeded")]
    public async Task Unary_IsCancelled_CountsWhy(bool pastDeadline, string spelled)
    {
        var call = new Call(pastDeadline ? _clock.GetUtcNow().UtcDateTime : DateTime.MaxValue, new CancellationToken(canceled: true));

        await Should.ThrowAsync<OperationCanceledException>(() => _interceptor.UnaryServerHandler<string, string>(
            "question", call, (_, context) => Task.FromCanceled<string>(context.CancellationToken)));

        (await TextAsync()).ShouldContain($"grpc_server_handled_total{{{Unary},grpc_code=\"{spelled}\"}} 1");
    }

    [Fact]
    public async Task ServerStream_ThreeResponses_AreCounted()
    {
        await _interceptor.ServerStreamingServerHandler<string, string>("question", new Writer(), new Call(), async (_, responses, _) =>
        {
            await responses.WriteAsync("1");
            await responses.WriteAsync("2", CancellationToken.None);
            await responses.WriteAsync("3");
        });

        var labels = Unary.Replace("unary", "server_stream", StringComparison.Ordinal);
        var text = await TextAsync();
        text.ShouldContain($"grpc_server_msg_received_total{{{labels}}} 1");
        text.ShouldContain($"grpc_server_msg_sent_total{{{labels}}} 3");
        text.ShouldContain($"grpc_server_handled_total{{{labels},grpc_code=\"OK\"}} 1");
    }

    [Fact]
    public async Task ClientStream_TwoRequests_AreCounted()
    {
        await _interceptor.ClientStreamingServerHandler<string, string>(new Reader(2), new Call(), async (requests, _) =>
        {
            while (await requests.MoveNext(CancellationToken.None))
            {
                requests.Current.ShouldBe("request");
            }

            return "answer";
        });

        var labels = Unary.Replace("unary", "client_stream", StringComparison.Ordinal);
        var text = await TextAsync();
        text.ShouldContain($"grpc_server_msg_received_total{{{labels}}} 2");
        text.ShouldContain($"grpc_server_msg_sent_total{{{labels}}} 1");
    }

    [Fact]
    public async Task Duplex_StatusOfTheContext_IsCounted()
    {
        var call = new Call();
        await _interceptor.DuplexStreamingServerHandler<string, string>(new Reader(1), new Writer(), call, async (requests, responses, context) =>
        {
            await requests.MoveNext(CancellationToken.None);
            await responses.WriteAsync("answer");
            context.Status = new Status(StatusCode.OutOfRange, "too far");
        });

        var labels = Unary.Replace("unary", "bidi_stream", StringComparison.Ordinal);
        var text = await TextAsync();
        text.ShouldContain($"grpc_server_started_total{{{labels}}} 1");
        text.ShouldContain($"grpc_server_msg_received_total{{{labels}}} 1");
        text.ShouldContain($"grpc_server_msg_sent_total{{{labels}}} 1");
        text.ShouldContain($"grpc_server_handled_total{{{labels},grpc_code=\"OutOfRange\"}} 1");
    }

    private async Task<string[]> TextAsync()
    {
        using var text = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(text);
        return Encoding.UTF8.GetString(text.ToArray()).Split('\n');
    }

    private sealed class Reader(int count) : IAsyncStreamReader<string>
    {
        private int _left = count;

        public string Current => "request";

        public Task<bool> MoveNext(CancellationToken cancellationToken) => Task.FromResult(_left-- > 0);
    }

    private sealed class Writer : IServerStreamWriter<string>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(string message) => Task.CompletedTask;

        public Task WriteAsync(string message, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Call(DateTime? deadline = null, CancellationToken cancellationToken = default) : ServerCallContext
    {
        protected override string MethodCore => "/builder.ImageBuilder/Build";

        protected override string HostCore => "localhost";

        protected override string PeerCore => "unknown";

        protected override DateTime DeadlineCore => deadline ?? DateTime.MaxValue;

        protected override Metadata RequestHeadersCore => [];

        protected override CancellationToken CancellationTokenCore => cancellationToken;

        protected override Metadata ResponseTrailersCore => [];

        protected override Status StatusCore { get; set; }

        protected override WriteOptions? WriteOptionsCore { get; set; }

        protected override AuthContext AuthContextCore => new(null, []);

        protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => Task.CompletedTask;

        protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => throw new NotSupportedException();
    }
}
