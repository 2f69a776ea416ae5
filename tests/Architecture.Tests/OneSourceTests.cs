using System.Text.RegularExpressions;

namespace ImageBuilder.Architecture.Tests;

/// <summary>One source tree for both package sets: nothing but src/StandIns knows that there are two.</summary>
public sealed partial class OneSourceTests
{
    [Fact]
    public void Sources_OutsideStandIns_HaveNoConditionalCompilation()
    {
        SourceTree.Files("*.cs")
            .Where(file => !SourceTree.IsStandIn(file) && Conditional().IsMatch(SourceTree.Read(file)))
            .ShouldBeEmpty();
    }

    [Fact]
    public void Projects_OutsideStandIns_DoNotAskForThePackageSet()
    {
        SourceTree.Files("*.csproj")
            .Where(file => !SourceTree.IsStandIn(file) && AsksForSet(SourceTree.Read(file)))
            .ShouldBeEmpty();
    }

    [Theory]
    [InlineData("class A;\n#if NUGET\n#endif\n", true)]
    [InlineData("  # if DEBUG\n", true)]
    [InlineData("var text = \"#if\"; // #if\n#pragma warning disable CA1000\n", false)]
    public void Conditional_InSource_IsFound(string source, bool isFound)
    {
        Conditional().IsMatch(source).ShouldBe(isFound);
    }

    [Theory]
    [InlineData("""<ItemGroup Condition="'$(Packages)' == 'nuget'" />""", true)]
    [InlineData("""<ItemGroup><PackageReference Include="Microsoft.Orleans.Server" /></ItemGroup>""", false)]
    public void AsksForSet_InProject_IsFound(string project, bool isFound)
    {
        AsksForSet(project).ShouldBe(isFound);
    }

    [GeneratedRegex(@"^[ \t]*#[ \t]*(if|elif)\b", RegexOptions.Multiline)]
    private static partial Regex Conditional();

    private static bool AsksForSet(string project) => project.Contains("$(Packages)", StringComparison.OrdinalIgnoreCase);
}
