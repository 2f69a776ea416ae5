using ImageBuilder.Builds;
using ImageBuilder.Launchers.Process;

namespace ImageBuilder.Launchers.Tests.Process;

public sealed class RegistryCacheTests
{
    private const string Repository = "registry.test/caches";

    private static readonly BuildOrder Order = FakeBob.Order with { Owner = "alice" };

    [Fact]
    public void ReferenceFor_AnotherBranchArgumentOrCredential_IsTheSame()
    {
        var another = Order with
        {
            BaseRef = "registry.test/base:2",
            Context = Order.Context! with { CloneTarget = "other", FullClone = true, Authentication = GitAuthentication.None, AuthUser = "" },
            Extras = new BuildExtras { Arguments = BuildExtras.None.Arguments.Add("VERSION", "3") },
            NoCache = true,
        };

        var reference = RegistryCache.ReferenceFor(another, Repository);

        reference.ShouldBe(RegistryCache.ReferenceFor(Order, Repository));
        reference.ShouldStartWith(Repository + ":cache-");
    }

    [Fact]
    public void ReferenceFor_AnotherOwnerRepositoryOrFile_IsAnother()
    {
        BuildOrder[] orders =
        [
            Order,
            Order with { Owner = "mallory" },
            Order with { Context = Order.Context! with { RemoteUri = "https://git.test/b.git" } },
            Order with { Context = Order.Context! with { DockerfilePath = "Dockerfile" } },
            Order with { Context = Order.Context! with { ContextPath = "sub" } },
            Order with { Extras = new BuildExtras { Stage = "test" } },
            Order with { Extras = new BuildExtras { Platform = "linux/arm64" } },
            // What one value ends with is not what the next begins with.
            Order with { Owner = Order.Owner + "2", Context = Order.Context! with { RemoteUri = Order.Context!.RemoteUri[1..] } },
        ];

        orders.Select(order => RegistryCache.ReferenceFor(order, Repository)).Distinct().Count().ShouldBe(orders.Length);
    }

    [Fact]
    public void ReferenceFor_NobodysBuildOrNothingToBuildOrNoRepository_IsNone()
    {
        RegistryCache.ReferenceFor(Order with { Owner = string.Empty }, Repository).ShouldBeNull();
        RegistryCache.ReferenceFor(Order with { BuildBase = false }, Repository).ShouldBeNull();
        RegistryCache.ReferenceFor(Order with { BuildBase = false, Context = null }, Repository).ShouldBeNull();
        RegistryCache.ReferenceFor(Order, null).ShouldBeNull();
    }
}
