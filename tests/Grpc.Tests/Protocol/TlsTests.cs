using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using ImageBuilder.Grpc.Tests.Hosting;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace ImageBuilder.Grpc.Tests.Protocol;

public sealed class TlsTests
{
    [Fact]
    public async Task Tls_CertificateIsTrusted_Answers()
    {
        using var certificate = Create("localhost");
        await using var server = await EchoServer.StartAsync(listen: options => options.UseHttps(certificate));
        using var handler = Trusting(certificate);
        using var channel = GrpcChannel.ForAddress(
            server.Address, new GrpcChannelOptions { HttpHandler = handler, Credentials = ChannelCredentials.SecureSsl });

        server.Address.Scheme.ShouldBe("https");
        (await new Echo.EchoClient(channel).UnaryAsync(new EchoMessage { Number = 4 }).ResponseAsync.Patiently()).Number.ShouldBe(4);
    }

    [Fact]
    public async Task Tls_CertificateIsNotTrusted_Fails()
    {
        using var certificate = Create("localhost");
        await using var server = await EchoServer.StartAsync(listen: options => options.UseHttps(certificate));
        using var channel = GrpcChannel.ForAddress(server.Address);

        (await new Echo.EchoClient(channel).UnaryAsync(new EchoMessage()).ResponseAsync.FailsAsync()).StatusCode
            .ShouldBeOneOf(StatusCode.Internal, StatusCode.Unavailable);
    }

    [Fact]
    public async Task Tls_ClientHasACertificate_ServerKnowsItsNames()
    {
        using var certificate = Create("localhost");
        using var clientCertificate = Create("image-builder", "image-builder.internal");
        await using var server = await EchoServer.StartAsync(listen: options => options.UseHttps(certificate, https =>
        {
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.AllowAnyClientCertificate();
        }));
        AuthContext? seen = null;
        server.Behaviour.Unary = (request, context) =>
        {
            seen = context.AuthContext;
            return Task.FromResult(request);
        };
        using var handler = Trusting(certificate);
        handler.SslOptions.ClientCertificates = [clientCertificate];
        using var channel = GrpcChannel.ForAddress(server.Address, new GrpcChannelOptions { HttpHandler = handler });

        await new Echo.EchoClient(channel).UnaryAsync(new EchoMessage()).ResponseAsync.Patiently();

        seen!.IsPeerAuthenticated.ShouldBeTrue();
        seen.PeerIdentityPropertyName.ShouldBe("x509_subject_alternative_name");
        seen.PeerIdentity.Select(property => property.Value).ShouldBe(["image-builder.internal"]);
        seen.FindPropertiesByName("x509_common_name").Single().Value.ShouldBe("image-builder");
    }

    [Fact]
    public void ForAddress_CredentialsDoNotFitTheAddress_Throws()
    {
        Should.Throw<InvalidOperationException>(
            () => GrpcChannel.ForAddress("http://localhost:1", new GrpcChannelOptions { Credentials = ChannelCredentials.SecureSsl }));
        Should.Throw<InvalidOperationException>(
            () => GrpcChannel.ForAddress("https://localhost:1", new GrpcChannelOptions { Credentials = ChannelCredentials.Insecure }));
    }

    private static X509Certificate2 Create(string commonName, params string[] dnsNames)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={commonName}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        if (dnsNames.Length > 0)
        {
            var names = new SubjectAlternativeNameBuilder();
            foreach (var name in dnsNames)
            {
                names.AddDnsName(name);
            }

            request.CertificateExtensions.Add(names.Build());
        }

        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    private static SocketsHttpHandler Trusting(X509Certificate2 certificate) => new()
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, presented, _, _) =>
                presented is not null && presented.GetCertHashString() == certificate.GetCertHashString(),
        },
    };
}
