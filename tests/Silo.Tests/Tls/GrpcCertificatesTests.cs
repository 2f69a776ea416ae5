using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using ImageBuilder.Sandbox.Registry;
using ImageBuilder.Silo.Hosting;
using ImageBuilder.Silo.Tests.Configuration;
using ImageBuilder.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Silo.Tests.Tls;

/// <summary>The certificates of the gRPC listener, which are read again when their files change.</summary>
public sealed class GrpcCertificatesTests : IAsyncLifetime, IDisposable
{
    // How a client of HTTP/2 begins: the preface, and settings that say nothing.
    private static readonly byte[] Preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0];

    private readonly ConfigurationFolder _folder = new();
    private readonly SkippingClock _clock = new();
    private readonly LogLines _log = new();
    private readonly int _port = Sandbox.Processes.FreePort.Choose();
    private PrivateAuthority _authority = null!;
    private WebApplication _app = null!;

    public async Task InitializeAsync()
    {
        _authority = PrivateAuthority.Create(_folder.Path);
        var (certificate, key) = Write("first");
        var json = _folder.With(
            "server.services.grpc", $$"""{ "address": "127.0.0.1:{{_port}}", "tls": { "caPath": "{{_authority.CertificateFile}}", "certPath": "{{certificate}}", "keyPath": "{{key}}" } }""");
        json["metrics"] = new System.Text.Json.Nodes.JsonObject { ["address"] = "127.0.0.1:0" };
        json["health"] = new System.Text.Json.Nodes.JsonObject { ["address"] = "127.0.0.1:0" };
        var builder = WebHosting.Create(_folder.LoadAccepted(json.ToJsonString()), ServiceRole.Gateway);
        builder.Logging.ClearProviders().AddProvider(_log);
        builder.Services.AddSingleton<TimeProvider>(_clock);
        _app = builder.Build();
        await _app.StartAsync();
    }

    public Task DisposeAsync() => _app.DisposeAsync().AsTask();

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Connections_FilesAreRenewed_GetTheNewCertificate()
    {
        (await ShownAsync("first")).ShouldBe("CN=first");

        Write("renewed");
        _clock.Skip(TimeSpan.FromSeconds(1));

        (await ShownAsync("first")).ShouldBe("CN=renewed");
    }

    [Fact]
    public async Task Connections_KeyIsNotRenewedYet_GetTheOldCertificateUntilItIs()
    {
        (await ShownAsync("first")).ShouldBe("CN=first");
        var (certificate, key) = _authority.WriteMember(_folder.Path, "renewed");

        File.Copy(certificate, Path("crt"), overwrite: true);
        _clock.Skip(TimeSpan.FromSeconds(1));
        (await ShownAsync("first")).ShouldBe("CN=first");
        (await _log.WaitAsync("Certificates were changed and cannot be used")).ShouldContain("server.services.grpc.tls.keyPath: must be the path of a PEM file with the private key");

        File.Copy(key, Path("key"), overwrite: true);
        _clock.Skip(TimeSpan.FromSeconds(1));
        (await ShownAsync("first")).ShouldBe("CN=renewed");
        _log.All.ShouldAllBe(line => !line.Contains("PRIVATE KEY", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Connections_ClientOfAnotherAuthority_GetNowhere()
    {
        using var other = PrivateAuthority.Create(System.IO.Path.Combine(_folder.Path, "other"));
        var (certificate, key) = other.WriteMember(_folder.Path, "stranger");

        await Should.ThrowAsync<IOException>(() => ShownAsync(certificate, key));
    }

    private Task<string> ShownAsync(string client) => ShownAsync(System.IO.Path.Combine(_folder.Path, $"{client}.crt"), System.IO.Path.Combine(_folder.Path, $"{client}.key"));

    // What the listener shows, and that it takes what it is shown: it answers with its settings of HTTP/2.
    private async Task<string> ShownAsync(string certificate, string key)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var own = X509Certificate2.CreateFromPemFile(certificate, key);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _port);
        await using var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            ClientCertificateContext = SslStreamCertificateContext.Create(own, null, offline: true),
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
        });
        await stream.WriteAsync(Preface, deadline.Token);
        await stream.ReadExactlyAsync(new byte[9], deadline.Token);
        stream.NegotiatedApplicationProtocol.ShouldBe(SslApplicationProtocol.Http2);
        return stream.RemoteCertificate!.Subject;
    }

    private string Path(string extension) => System.IO.Path.Combine(_folder.Path, $"server.{extension}");

    private (string Certificate, string Key) Write(string name)
    {
        var (certificate, key) = _authority.WriteMember(_folder.Path, name);
        File.Copy(certificate, Path("crt"), overwrite: true);
        File.Copy(key, Path("key"), overwrite: true);
        return (Path("crt"), Path("key"));
    }

    // The server's own timers, which have this clock too, go on by themselves.
    private sealed class SkippingClock : TimeProvider
    {
        private long _skipped;

        public void Skip(TimeSpan by) => Interlocked.Add(ref _skipped, (long)(by.TotalSeconds * TimestampFrequency));

        public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _skipped);
    }
}
