using System.Collections.Immutable;
using Grpc.Core;
using ImageBuilder.Contracts;
using ImageBuilder.Gateway.Tests.Hosting;
using ImageBuilder.Grains.Messages;

namespace ImageBuilder.Gateway.Tests.Services;

public sealed class AccessTests
{
    public static TheoryData<string, BuildRegistryAuth?, bool, string[]> Rules { get; } = new()
    {
        { "no auth", null, false, [] },
        { "no mode", new BuildRegistryAuth(), false, [] },
        { "total", new BuildRegistryAuth { Total = new BuildRegistryAuthTotal { AllowAll = true } }, true, [] },
        { "total that allows nothing", new BuildRegistryAuth { Total = new BuildRegistryAuthTotal() }, false, [] },
        { "selective that allows nothing", new BuildRegistryAuth { Selective = new BuildRegistryAuthSelective() }, false, [] },
        { "base", new BuildRegistryAuth { Selective = new BuildRegistryAuthSelective { AllowBaserep = true } }, false, ["base.test"] },
        { "workspace", new BuildRegistryAuth { Selective = new BuildRegistryAuthSelective { AllowWorkspacerep = true } }, false, ["workspace.test"] },
        {
            "all of selective",
            new BuildRegistryAuth { Selective = new BuildRegistryAuthSelective { AllowBaserep = true, AllowWorkspacerep = true, AnyOf = { "a.test", "b.test:5000" } } },
            false,
            ["base.test", "workspace.test", "a.test", "b.test:5000"]
        },
    };

    [Theory]
    [MemberData(nameof(Rules), DisableDiscoveryEnumeration = true)]
    public async Task Auth_EachMode_AllowsWhatItSays(string which, BuildRegistryAuth? auth, bool allowAll, string[] hosts)
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Grains.Put("docker.io/library/debian:12");

        await gateway.Client.ResolveBaseImageAsync(new ResolveBaseImageRequest { Ref = "debian:12", Auth = auth });

        var access = gateway.Grains.Queries.ShouldHaveSingleItem().Query.Access;
        access.AllowAll.ShouldBe(allowAll, which);
        access.AllowedHosts.ShouldBe(hosts);
        access.Additional.ShouldBeEmpty();
    }

    [Fact]
    public async Task Auth_Additional_IsPassedOnAsItIs()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Grains.Put("docker.io/library/debian:12");
        var auth = new BuildRegistryAuth { Additional = { ["a.test"] = "YW5uYTpodW50ZXIy", ["b.test"] = "not base64" } };

        await gateway.Client.ResolveBaseImageAsync(new ResolveBaseImageRequest { Ref = "debian:12", Auth = auth });

        var access = gateway.Grains.Queries.ShouldHaveSingleItem().Query.Access;
        access.Additional.ShouldBe(
            ImmutableDictionary<string, string>.Empty.Add("a.test", "YW5uYTpodW50ZXIy").Add("b.test", "not base64"), ignoreOrder: true);
        access.ToString().ShouldNotContain("YW5uYTpodW50ZXIy");
    }

    public static TheoryData<string, BuildRegistryAuth> TooMuch { get; } = new()
    {
        { "auth.selective.any_of", new BuildRegistryAuth { Selective = new BuildRegistryAuthSelective { AnyOf = { Enumerable.Range(0, 1_001).Select(index => $"h{index}") } } } },
        { "auth.selective.any_of", new BuildRegistryAuth { Selective = new BuildRegistryAuthSelective { AnyOf = { new string('h', 301) } } } },
        { "auth.additional", new BuildRegistryAuth { Additional = { Enumerable.Range(0, 1_001).ToDictionary(index => $"h{index}", _ => "x") } } },
        { "auth.additional", new BuildRegistryAuth { Additional = { [new string('h', 301)] = "x" } } },
        { "auth.additional", new BuildRegistryAuth { Additional = { ["h"] = new string('x', (64 * 1024) + 1) } } },
    };

    [Theory]
    [MemberData(nameof(TooMuch), DisableDiscoveryEnumeration = true)]
    public async Task Auth_TooMuchOfIt_InvalidArgument(string which, BuildRegistryAuth auth)
    {
        await using var gateway = await GatewayHost.StartAsync();

        foreach (var call in new Func<Task>[]
        {
            async () => await gateway.Client.ResolveBaseImageAsync(new ResolveBaseImageRequest { Ref = "debian:12", Auth = auth }),
            async () => await gateway.Client.ResolveWorkspaceImageAsync(new ResolveWorkspaceImageRequest { Source = GatewayHost.File(), Auth = auth }),
            () => gateway.BuildAsync(new BuildRequest { Source = GatewayHost.File(), Auth = auth }),
        })
        {
            var status = await GatewayHost.FailureOf(call);
            status.StatusCode.ShouldBe(StatusCode.InvalidArgument);
            status.Detail.ShouldStartWith(which);
        }

        gateway.Grains.Queries.ShouldBeEmpty();
    }
}
