using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using ImageBuilder.Builds.Identity;

namespace ImageBuilder.Builds.Tests.Identity;

public sealed class ImageRepositoriesTests
{
    private static readonly ImageRepositories Repositories = new("registry/base", "registry/workspace");

    private static readonly DockerfileSource Source = new("https://git.example.com/r.git", "main", "v1", "Dockerfile", "sub");

    // Few and short, with what a text of them is made of, so that two of them are often nearly the same.
    private static readonly Gen<string> Value = Gen.Elements("", "a", "b", "1", "1:a", "0:", "1:01:0", "\n", "Extras: ");

    private static readonly Gen<ImmutableDictionary<string, string>> Entries =
        Gen.Zip(Value, Value).ListOf().Select(entries => entries.Take(3).DistinctBy(entry => entry.Item1).ToImmutableDictionary(entry => entry.Item1, entry => entry.Item2));

    private static readonly Gen<BuildExtras> Extras =
        from arguments in Entries
        from labels in Entries
        from stage in Value
        from platform in Value
        select new BuildExtras { Arguments = arguments, Labels = labels, Stage = stage, Platform = platform };

    [Fact]
    public void WorkspaceReference_OfKnownBase_IsTheContractsVector() =>
        Repositories.WorkspaceReference("source-image:latest")
            .ShouldBe("registry/workspace:2b1325adbf901167f47a914a62d377c98f1e32e0837dafb95ca86ca9d08ab14e");

    [Fact]
    public void BaseReference_OfSource_HashesItsValuesInKeyOrder()
    {
        const string Identity = "CloneTarget: main\nContextPath: sub\nDockerfilePath: Dockerfile\nDockerfileVersion: v1\n"
            + "RemoteURI: https://git.example.com/r.git\nSource: git\n\n";

        Repositories.BaseReference(Source).ShouldBe($"registry/base:{Hash(Identity)}");
    }

    [Fact]
    public void BaseReference_WhenAnyValueDiffers_Differs()
    {
        DockerfileSource[] sources =
        [
            Source,
            Source with { RemoteUri = "https://git.example.com/other.git" },
            Source with { CloneTarget = "other" },
            Source with { DockerfileVersion = "v2" },
            Source with { DockerfilePath = "other/Dockerfile" },
            Source with { ContextPath = string.Empty },
        ];

        sources.Select(Repositories.BaseReference).Distinct().Count().ShouldBe(sources.Length);
    }

    [Fact]
    public void BaseReference_WithoutExtras_IsThatOfTheSource() => Repositories.BaseReference(Source, new BuildExtras()).ShouldBe(Repositories.BaseReference(Source));

    [Fact]
    public void BaseReference_WithExtras_StaysAsItWasGivenOut()
    {
        var extras = new BuildExtras
        {
            Arguments = ImmutableDictionary<string, string>.Empty.Add("B", "2").Add("A", "ä\n"),
            Labels = ImmutableDictionary<string, string>.Empty.Add("l", string.Empty),
            Stage = "wanted",
            Platform = "linux/arm64",
        };
        const string Identity = "CloneTarget: main\nContextPath: sub\nDockerfilePath: Dockerfile\nDockerfileVersion: v1\n"
            + "RemoteURI: https://git.example.com/r.git\nSource: git\n\n";

        Repositories.BaseReference(Source, extras).ShouldBe($"registry/base:{Hash($"{Identity}Extras: {Hash("6:wanted11:linux/arm641:21:A2:ä\n1:B1:21:11:l0:")}\n")}");
    }

    [Fact]
    public void BaseReference_SourceThatSpellsOutExtras_IsAnotherImage()
    {
        var extras = new BuildExtras { Stage = "wanted" };
        var spelled = Source with { RemoteUri = $"{Source.RemoteUri}\nSource: git\n\nExtras: {Hash("6:wanted0:1:01:0")}" };

        Repositories.BaseReference(spelled).ShouldNotBe(Repositories.BaseReference(Source, extras));
    }

    [Fact]
    public void BaseReference_AnyTwoExtras_AreOneImageOnlyWhenTheyAreTheSame() =>
        Prop.ForAll(
            Extras.ToArbitrary(),
            Extras.ToArbitrary(),
            (one, other) => AreSame(one, other) == (Repositories.BaseReference(Source, one) == Repositories.BaseReference(Source, other))).QuickCheckThrowOnFailure();

    [Fact]
    public void BaseReference_OneValueOfExtrasDiffers_IsAnotherImage() =>
        Prop.ForAll(
            Extras.ToArbitrary(),
            extras =>
            {
                BuildExtras[] all =
                [
                    extras,
                    extras with { Stage = extras.Stage + "x" },
                    extras with { Platform = extras.Platform + "x" },
                    extras with { Arguments = extras.Arguments.SetItem("new", string.Empty) },
                    extras with { Labels = extras.Labels.SetItem("new", string.Empty) },
                    .. extras.Arguments.Select(entry => extras with { Arguments = extras.Arguments.SetItem(entry.Key, entry.Value + "x") }),
                    .. extras.Labels.Select(entry => extras with { Labels = extras.Labels.Remove(entry.Key) }),
                ];
                return all.Select(one => Repositories.BaseReference(Source, one)).Distinct().Count() == all.Length;
            }).QuickCheckThrowOnFailure();

    private static bool AreSame(BuildExtras one, BuildExtras other) =>
        one.Stage == other.Stage && one.Platform == other.Platform
        && one.Arguments.Count == other.Arguments.Count && !one.Arguments.Except(other.Arguments).Any()
        && one.Labels.Count == other.Labels.Count && !one.Labels.Except(other.Labels).Any();

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
