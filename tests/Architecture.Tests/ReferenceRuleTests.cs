namespace ImageBuilder.Architecture.Tests;

public sealed class ReferenceRuleTests
{
    [Fact]
    public void Projects_AllTheirReferences_PointOneWay()
    {
        SourceTree.Files("*.csproj")
            .SelectMany(project => ReferenceRule.Violations(project, SourceTree.Read(project)))
            .ShouldBeEmpty();
    }

    [Theory]
    [InlineData("src/Registry/Registry.csproj", "../Builds/Builds.csproj", "may refer to nothing of ours")]
    [InlineData("src/Bob/Bob.csproj", "../../grains/Grains.csproj", "may refer to src/Registry")]
    [InlineData("grains/Grains.csproj", "../silo/Silo.csproj", "refers to silo/Silo.csproj")]
    [InlineData("src/StandIns/Grpc/Grpc.csproj", "../../Contracts/Contracts.csproj", "may refer to nothing of ours")]
    [InlineData("src/New/New.csproj", "../Registry/Registry.csproj", "does not know src/New")]
    public void Violations_OfReferenceThatPointsBack_NamesIt(string project, string reference, string problem)
    {
        ReferenceRule.Violations(project, Project(reference)).ShouldHaveSingleItem().ShouldContain(problem);
    }

    [Theory]
    [InlineData("src/Builds/Builds.csproj", "../Registry/Registry.csproj")]
    [InlineData("silo/Silo.csproj", "../gateway/Gateway.csproj")]
    [InlineData("tests/Silo.Tests/Silo.Tests.csproj", "../../silo/Silo.csproj")]
    public void Violations_OfReferenceThatKeepsTheRule_AreNone(string project, string reference)
    {
        ReferenceRule.Violations(project, Project(reference)).ShouldBeEmpty();
    }

    private static string Project(string reference) =>
        $"""<Project Sdk="Microsoft.NET.Sdk"><ItemGroup><ProjectReference Include="{reference}" /></ItemGroup></Project>""";
}
