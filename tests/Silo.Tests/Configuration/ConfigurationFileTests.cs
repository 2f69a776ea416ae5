using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using ImageBuilder.Launchers.Process;
using ImageBuilder.Registry.Names;
using ImageBuilder.Sandbox.Registry;
using ImageBuilder.Silo.Configuration;

namespace ImageBuilder.Silo.Tests.Configuration;

public sealed class ConfigurationFileTests : IDisposable
{
    private readonly ConfigurationFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_FileOfTheOldService_IsReadUnchanged()
    {
        var pullSecret = _folder.Write("dockerconfig.json", "{}");
        using var key = ECDsa.Create();
        var (certificate, privateKey) = WriteCertificate("tls", key, key);

        var configuration = _folder.LoadAccepted($$"""
            {
              "orchestrator": {
                "wsman": { "address": "ws-manager:8080", "tls": { "ca": "/wsman/ca.crt", "crt": "/wsman/tls.crt", "key": "/wsman/tls.key" } },
                "pullSecret": "pull-secret",
                "pullSecretFile": "{{pullSecret}}",
                "baseImageRepository": "registry.example.com/base-images",
                "workspaceImageRepository": "registry/workspace",
                "builderImage": "registry.example.com/bob:commit-1",
                "enableAdditionalECRAuth": true,
                "subassemblyBucketName": "bucket",
                "subassemblyBucketPrefix": "prefix"
              },
              "refCache": { "interval": "6h0m0s", "refs": ["gitpod/workspace-full:latest"] },
              "server": {
                "services": { "grpc": { "address": "localhost:8080", "tls": { "caPath": "{{certificate}}", "certPath": "{{certificate}}", "keyPath": "{{privateKey}}" } } }
              }
            }
            """);

        configuration.Orchestrator.Wsman!.Address.ShouldBe("ws-manager:8080");
        configuration.Orchestrator.Wsman.Tls.ShouldBe(
            new WorkspaceManagerTlsConfiguration { Ca = "/wsman/ca.crt", Crt = "/wsman/tls.crt", Key = "/wsman/tls.key" });
        configuration.Orchestrator.PullSecret.ShouldBe("pull-secret");
        configuration.Orchestrator.PullSecretFile.ShouldBe(pullSecret);
        configuration.Orchestrator.BaseImageRepository.Reference.Domain.ShouldBe("registry.example.com");
        configuration.Orchestrator.WorkspaceImageRepository.Name.ShouldBe("registry/workspace");
        configuration.Orchestrator.WorkspaceImageRepository.Reference.ToString().ShouldBe("docker.io/registry/workspace");
        configuration.Orchestrator.BuilderImage.ShouldBe("registry.example.com/bob:commit-1");
        configuration.Orchestrator.EnableAdditionalEcrAuth.ShouldBeTrue();
        configuration.Orchestrator.SubassemblyBucketName.ShouldBe("bucket");
        configuration.Orchestrator.SubassemblyBucketPrefix.ShouldBe("prefix");
        configuration.RefCache.Interval.ShouldBe(TimeSpan.FromHours(6));
        configuration.RefCache.Refs.ShouldBe([ImageReference.Parse("docker.io/gitpod/workspace-full:latest")]);
        configuration.Server.Services.Grpc.Address.ShouldBe(ListenAddress.Parse("localhost:8080"));
        configuration.Server.Services.Grpc.Tls.ShouldBe(
            new ServerTlsConfiguration { CaPath = certificate, CertPath = certificate, KeyPath = privateKey });
    }

    [Fact]
    public void Load_RequiredKeysOnly_TakesTheDefaults()
    {
        var configuration = _folder.LoadAccepted(_folder.Smallest().ToJsonString());

        configuration.DataFolder.ShouldBe("/var/lib/imagebuilder");
        configuration.Server.Services.Grpc.Address.Text.ShouldBe(":8080");
        configuration.Metrics.Address.Text.ShouldBe(":9500");
        configuration.Health.Address.Text.ShouldBe(":9501");
        configuration.Builds.ShouldBe(new BuildsConfiguration
        {
            Launcher = BuildLauncher.Process,
            Deadline = TimeSpan.FromHours(1),
            LogLimit = 67108864,
            Retention = TimeSpan.FromDays(1),
            Platform = Platform.LinuxAmd64,
        });
        configuration.Process.Network.ShouldBe(BuildNetwork.Isolated);
        configuration.Process.StorageFolder.ShouldBe("/var/lib/imagebuilder/buildah");
        configuration.Registry.Freshness.ShouldBe(TimeSpan.FromMinutes(1));
        configuration.Registry.PlainHttpHosts.ShouldBeEmpty();
    }

    [Fact]
    public void Load_OurKeys_AreRead()
    {
        var json = _folder.Smallest();
        json["dataFolder"] = "/srv/builder";
        json["builds"] = new JsonObject { ["deadline"] = "90m", ["logLimit"] = 2e6, ["platform"] = "linux/arm64/v8" };
        json["process"]!["network"] = "none";
        json["process"]!["engine"] = "auto";
        json["process"]!["cacheRepository"] = "registry:5000/caches";
        json["registry"] = new JsonObject { ["plainHttpHosts"] = new JsonArray("registry:5000", "10.0.0.1") };

        var configuration = _folder.LoadAccepted(json.ToJsonString());

        configuration.Builds.Deadline.ShouldBe(TimeSpan.FromMinutes(90));
        configuration.Builds.LogLimit.ShouldBe(2_000_000);
        configuration.Builds.Platform.ShouldBe(new Platform("linux", "arm64", "v8"));
        configuration.Process.Network.ShouldBe(BuildNetwork.None);
        configuration.Process.CacheRepository.ShouldNotBeNull().Name.ShouldBe("registry:5000/caches");
        configuration.Process.StorageFolder.ShouldBe("/srv/builder/buildah");
        configuration.Registry.PlainHttpHosts.ShouldBe(["registry:5000", "10.0.0.1"]);
    }

    [Theory]
    [InlineData("refCache", "null")]
    [InlineData("refCache.refs", "null")]
    [InlineData("refCache.interval", "\"\"")]
    [InlineData("server.services.grpc.tls", "null")]
    [InlineData("orchestrator.pullSecretFile", "\"\"")]
    [InlineData("builds.logLimit", "null")]
    [InlineData("builds.launcher", "\"\"")]
    [InlineData("process.cacheRepository", "\"\"")]
    public void Load_WhatGoWritesForNothing_IsNotGiven(string key, string json) =>
        _folder.LoadAccepted(_folder.With(key, json).ToJsonString()).RefCache.Interval.ShouldBe(TimeSpan.FromHours(6));

    [Theory]
    [InlineData("clutser", "{}", "clutser: is no key of this service; the file may have $schema, orchestrator, refCache, server, dataFolder, metrics, health, builds, queue, process, registry, cluster, dashboard")]
    [InlineData("cluster.kind", "\"etcd\"", "cluster.kind: must be \"single\" or \"postgresql\"; \"etcd\" is not")]
    [InlineData("cluster.kind", "\"postgresql\"", "cluster.connectionStringFile: is missing; ")]
    [InlineData("cluster", "{\"kind\": \"postgresql\", \"connectionStringFile\": \"/bin/sh\", \"connectionStringVariable\": \"X\"}", "cluster.connectionStringVariable: must not be given beside ")]
    [InlineData("cluster", "{\"kind\": \"postgresql\", \"connectionStringVariable\": \"X\", \"siloPort\": 30000}", "cluster.gatewayPort: must be another port than cluster.siloPort; 30000 is not")]
    [InlineData("cluster.address", "\"0.0.0.0\"", "cluster.address: must be an IP address such as \"10.0.0.7\"; \"0.0.0.0\" is not")]
    [InlineData("process.cacheRepository", "\"registry/caches:1\"", "process.cacheRepository: must be an image name without tag and digest ")]
    [InlineData("process.cacheRepository", "\"registry/caches\"", "process.cacheRepository: must not be given with process.engine \"buildah\"")]
    [InlineData("dashboard.address", "\":9500\"", "dashboard.address: must have a port of its own; ")]
    [InlineData("builds.Deadline", "\"1h\"", "builds.Deadline: is no key of this service; builds may have launcher, deadline, logLimit, retention, historyLimit, logsLimit, platform")]
    [InlineData("a\nb", "1", "\"a\\nb\": is no key of this service; ")]
    [InlineData("orchestrator", "[]", "orchestrator: must be an object; a list of 0 is not")]
    [InlineData("orchestrator", "null", "orchestrator: is missing; it must be an object")]
    [InlineData("orchestrator.baseImageRepository", "null", "orchestrator.baseImageRepository: is missing; it must be an image name without tag and digest such as \"registry.example.com/workspace-images\"")]
    [InlineData("orchestrator.baseImageRepository", "\"\"", "orchestrator.baseImageRepository: is missing; ")]
    [InlineData("orchestrator.baseImageRepository", "\"registry/base:latest\"", "orchestrator.baseImageRepository: must be an image name without tag and digest such as \"registry.example.com/workspace-images\"; \"registry/base:latest\" is not")]
    [InlineData("orchestrator.workspaceImageRepository", "\"Registry Base\"", "orchestrator.workspaceImageRepository: must be an image name ")]
    [InlineData("orchestrator.workspaceImageRepository", "7", "orchestrator.workspaceImageRepository: must be an image name without tag and digest such as \"registry.example.com/workspace-images\"; 7 is not")]
    [InlineData("orchestrator.enableAdditionalECRAuth", "\"yes\"", "orchestrator.enableAdditionalECRAuth: must be true or false; \"yes\" is not")]
    [InlineData("orchestrator.pullSecretFile", "\"/nowhere/config.json\"", "orchestrator.pullSecretFile: must be the path of a file that the service can read; \"/nowhere/config.json\" does not exist")]
    [InlineData("orchestrator.pullSecretFile", "\"/tmp\"", "orchestrator.pullSecretFile: must be the path of a file that the service can read; \"/tmp\" is a folder")]
    [InlineData("orchestrator.pullSecret", "\"a\\nb\"", "orchestrator.pullSecret: must be a string of up to 4096 characters, none of them a control character; \"a\\nb\" is not")]
    [InlineData("orchestrator.wsman.tls.crl", "\"x\"", "orchestrator.wsman.tls.crl: is no key of this service; orchestrator.wsman.tls may have ca, crt, key")]
    [InlineData("refCache.interval", "\"6 hours\"", "refCache.interval: must be a Go duration such as \"1h30m0s\", 1m0s to 720h0m0s; \"6 hours\" is not")]
    [InlineData("refCache.interval", "3600", "refCache.interval: must be a Go duration such as \"1h30m0s\", 1m0s to 720h0m0s; 3600 is not")]
    [InlineData("refCache.refs", "\"debian\"", "refCache.refs: must be a list of up to 10000 entries, each an image reference such as \"docker.io/library/debian:12\"; \"debian\" is not")]
    [InlineData("refCache.refs", "[\"debian\", \"de bian\"]", "refCache.refs[1]: must be an image reference such as \"docker.io/library/debian:12\"; \"de bian\" is not")]
    [InlineData("refCache.refs", "[null]", "refCache.refs[0]: must be an image reference such as \"docker.io/library/debian:12\"; null is not")]
    [InlineData("server.services.grpc.address", "\"grpc:80800\"", "server.services.grpc.address: must be an address to listen on such as \":8080\", \"localhost:8080\" or \"[::1]:8080\"; \"grpc:80800\" is not")]
    [InlineData("server.services.grpc.tls", "{\"keyPath\": \"/bin/sh\"}", "server.services.grpc.tls.certPath: is missing; it must be the path of a PEM file of certificates")]
    [InlineData("server.services.grpc.tls", "{\"certPath\": \"/bin/sh\", \"keyPath\": \"/bin/sh\"}", "server.services.grpc.tls.certPath: must be the path of a PEM file of certificates; \"/bin/sh\" holds no certificate")]
    [InlineData("metrics.address", "\"0.0.0.0:8080\"", "metrics.address: must have a port of its own; \"0.0.0.0:8080\" is taken by server.services.grpc.address, \":8080\"")]
    [InlineData("health.address", "\"localhost:9500\"", "health.address: must have a port of its own; \"localhost:9500\" is taken by metrics.address, \":9500\"")]
    [InlineData("dataFolder", "\"data\"", "dataFolder: must be an absolute path; \"data\" does not start with \"/\"")]
    [InlineData("builds.launcher", "\"kubernetes\"", "builds.launcher: must be \"process\"; \"kubernetes\" is not")]
    [InlineData("builds.deadline", "\"59s\"", "builds.deadline: must be a Go duration such as \"1h30m0s\", 1m0s to 24h0m0s; \"59s\" is too short")]
    [InlineData("builds.deadline", "\"24h1s\"", "builds.deadline: must be a Go duration such as \"1h30m0s\", 1m0s to 24h0m0s; \"24h1s\" is too long")]
    [InlineData("builds.logLimit", "1048575", "builds.logLimit: must be a whole number, 1048576 to 1073741824; 1048575 is too small")]
    [InlineData("builds.logLimit", "1073741825", "builds.logLimit: must be a whole number, 1048576 to 1073741824; 1073741825 is too large")]
    [InlineData("builds.logLimit", "2000000.5", "builds.logLimit: must be a whole number, 1048576 to 1073741824; 2000000.5 is not")]
    [InlineData("builds.logLimit", "1e400", "builds.logLimit: must be a whole number, 1048576 to 1073741824; 1e400 is not")]
    [InlineData("builds.logLimit", "\"64MiB\"", "builds.logLimit: must be a whole number, 1048576 to 1073741824; \"64MiB\" is not")]
    [InlineData("builds.platform", "\"amd64\"", "builds.platform: must be a platform such as \"linux/amd64\"; \"amd64\" is not")]
    [InlineData("process.engine", "\"kaniko\"", "process.engine: must be \"buildah\" or \"buildkit\" or \"auto\"; \"kaniko\" is not")]
    [InlineData("process.network", "\"bridge\"", "process.network: must be \"isolated\" or \"host\" or \"none\"; \"bridge\" is not")]
    [InlineData("process.bob", "\"/nowhere/bob\"", "process.bob: must be the path of an executable or a .dll; \"/nowhere/bob\" does not exist")]
    [InlineData("process.bob", "\"/etc/passwd\"", "process.bob: must be the path of an executable or a .dll; \"/etc/passwd\" is not executable")]
    [InlineData("registry.plainHttpHosts", "[\"http://registry:5000\"]", "registry.plainHttpHosts[0]: must be a registry's host or host:port such as \"registry.internal:5000\"; \"http://registry:5000\" is not")]
    [InlineData("registry.freshness", "\"-1s\"", "registry.freshness: must be a Go duration such as \"1h30m0s\", 0s to 24h0m0s; \"-1s\" is too short")]
    public void Load_WrongValue_SaysTheKeyAndWhatIsAllowed(string key, string json, string line)
    {
        var error = _folder.Load(_folder.With(key, json).ToJsonString()).Error.ShouldNotBeNull().ToString();

        error.ShouldStartWith(line);
        error.ShouldNotContain('\n');
        error.Length.ShouldBeLessThan(500);
    }

    [Fact]
    public void Load_LongWrongValue_IsCutInTheMessage()
    {
        var error = _folder.Load(_folder.With("builds.deadline", $"\"{new string('x', 100_000)}\"").ToJsonString()).Error!;

        error.ToString().Length.ShouldBeLessThan(300);
    }

    [Fact]
    public void Load_HalfASurrogatePair_IsRefused() =>
        _folder.Load("""{ "dataFolder": "/\ud800", "orchestrator": { "baseImageRepository": "a", "workspaceImageRepository": "b" } }""").Error
            .ShouldBe(new ConfigurationError("dataFolder", "must be an absolute path; \"/\\ud800\" is not"));

    [Fact]
    public void Load_KeyGivenTwice_IsRefused() =>
        _folder.Load("""{ "orchestrator": { "pullSecret": "a", "pullSecret": "b" } }""").Error
            .ShouldBe(new ConfigurationError("orchestrator.pullSecret", "is given twice; it may be given once"));

    [Theory]
    [InlineData("", "is not JSON at line 1, byte 1; allowed is plain JSON, without comments and trailing commas")]
    [InlineData("{\n  \"builds\": }", "is not JSON at line 2, byte 13; ")]
    [InlineData("{ // a comment\n}", "is not JSON at line 1, ")]
    [InlineData("{ \"builds\": {}, }", "is not JSON at line 1, ")]
    [InlineData("{} {}", "is not JSON at line 1, ")]
    [InlineData("{ \"\\ud800\": 1 }", "has a key with half a surrogate pair")]
    public void Load_UnreadableJson_SaysWhere(string json, string message)
    {
        var error = _folder.Load(json).Error.ShouldNotBeNull();

        error.Key.ShouldBe("--config");
        error.Message.ShouldStartWith($"\"{_folder.Path}/config.json\" {message}");
        error.Message.ShouldNotContain('\n');
    }

    [Theory]
    [InlineData("[]", "must be an object; a list of 0 is not")]
    [InlineData("null", "must be an object; null is not")]
    public void Load_JsonThatIsNoObject_IsRefused(string json, string message) =>
        _folder.Load(json).Error.ShouldBe(new ConfigurationError("--config", message));

    [Fact]
    public void Load_ByteOrderMark_IsSkipped()
    {
        var path = Path.Combine(_folder.Path, "bom.json");
        File.WriteAllText(path, _folder.Smallest().ToJsonString(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));

        ConfigurationFile.Load(path).Error.ShouldBeNull();
    }

    [Fact]
    public void Load_Latin1_IsRefused()
    {
        var path = Path.Combine(_folder.Path, "latin1.json");
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes("{ \"dataFolder\": \"/é\" }"));

        ConfigurationFile.Load(path).Error!.Message.ShouldEndWith("is not UTF-8");
    }

    [Fact]
    public void Load_HugeFile_IsRefused() =>
        _folder.Load(new string(' ', (1 << 20) + 1)).Error!.Message.ShouldEndWith("is longer than 1048576 bytes");

    [Fact]
    public void Load_EndlessFile_IsRefused() =>
        ConfigurationFile.Load("/dev/zero").Error!.Message.ShouldEndWith("is longer than 1048576 bytes");

    [Fact]
    public void Load_MissingFile_IsRefused() =>
        ConfigurationFile.Load("/nowhere/config.json").Error
            .ShouldBe(new ConfigurationError("--config", "\"/nowhere/config.json\" does not exist; allowed is the path of a JSON file that the service can read"));

    [Fact]
    public void Load_Folder_IsRefused() =>
        ConfigurationFile.Load(_folder.Path).Error!.Message.ShouldContain("is a folder");

    [Fact]
    public void Load_KeyOfAnotherCertificate_IsRefused()
    {
        using var key = ECDsa.Create();
        using var other = ECDsa.Create();
        var (certificate, privateKey) = WriteCertificate("tls", key, other);

        var error = _folder.Load(_folder.With("server.services.grpc.tls", $$"""{ "certPath": "{{certificate}}", "keyPath": "{{privateKey}}" }""").ToJsonString()).Error;

        error.ShouldNotBeNull().Key.ShouldBe("server.services.grpc.tls.keyPath");
    }

    [Fact]
    public void Load_CertificatesOfAMember_AreTaken()
    {
        using var authority = PrivateAuthority.Create(_folder.Path);
        var (certificate, key) = authority.WriteMember(_folder.Path, "member");

        LoadMember(authority, certificate, key).ShouldBeNull();
    }

    [Fact]
    public void Load_CertificatesThatOthersWouldRefuse_AreRefused()
    {
        using var authority = PrivateAuthority.Create(_folder.Path);
        using var other = PrivateAuthority.Create(Path.Combine(_folder.Path, "other"));
        var expired = authority.WriteMember(_folder.Path, "expired", notAfter: TimeProvider.System.GetUtcNow().AddMinutes(-1));
        var server = authority.WriteMember(_folder.Path, "server", forClients: false);
        var foreign = other.WriteMember(_folder.Path, "foreign");

        LoadMember(authority, expired.Certificate, expired.Key).ShouldNotBeNull().ToString().ShouldMatch(
            "^cluster.tls.certPath: must hold a certificate that is valid now, good for servers and clients, and vouched for by caPath; that of /.*/expired.crt is not: .*expired.* \\(it is valid from .* to .*Z\\)$");
        LoadMember(authority, server.Certificate, server.Key).ShouldNotBeNull().ToString().ShouldContain("/server.crt is not: ");
        LoadMember(authority, foreign.Certificate, foreign.Key).ShouldNotBeNull().ToString().ShouldContain("/foreign.crt is not: ");
        LoadMember(authority, foreign.Certificate, server.Key).ShouldNotBeNull().Key.ShouldBe("cluster.tls.keyPath");
        LoadMember(authority, foreign.Certificate, "/nowhere/tls.key").ShouldNotBeNull().ToString().ShouldBe(
            "cluster.tls.keyPath: must be the path of a file that the service can read; \"/nowhere/tls.key\" does not exist");
    }

    private ConfigurationError? LoadMember(PrivateAuthority authority, string certificate, string key) => _folder.Load(_folder.With(
        "cluster",
        $$"""{ "kind": "postgresql", "connectionStringVariable": "X", "tls": { "caPath": "{{authority.CertificateFile}}", "certPath": "{{certificate}}", "keyPath": "{{key}}" } }""").ToJsonString()).Error;

    private (string Certificate, string Key) WriteCertificate(string name, ECDsa key, ECDsa written)
    {
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return (_folder.Write($"{name}.crt", certificate.ExportCertificatePem()), _folder.Write($"{name}.key", written.ExportPkcs8PrivateKeyPem()));
    }
}
