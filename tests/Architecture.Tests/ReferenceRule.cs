using System.Xml.Linq;

namespace ImageBuilder.Architecture.Tests;

/// <summary>Which project may refer to which. What a project may use, it may also reach through another; nothing points back.</summary>
internal static class ReferenceRule
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["src/Contracts"] = [],
        ["src/Registry"] = [],
        ["src/Builds"] = ["src/Registry"],
        ["src/Launchers"] = ["src/Builds", "src/Contracts"],
        ["src/Postgres"] = ["src/Builds"],
        ["src/Bob"] = ["src/Registry"],
        ["src/Cli"] = ["src/Contracts"],
        ["src/LoadTest"] = ["src/Contracts"],
        ["grains"] = ["src/Builds", "src/Launchers"],
        ["gateway"] = ["grains", "src/Contracts"],
        ["eng/probe"] = [],
        ["silo"] = ["src/Contracts", "src/Registry", "src/Builds", "src/Launchers", "src/Postgres", "src/Bob", "grains", "gateway"],
    };

    /// <summary>What is wrong with the references of a project, given by the path of its file from the root.</summary>
    public static IEnumerable<string> Violations(string project, string content)
    {
        var folder = Path.GetDirectoryName(project)!;
        if (folder.StartsWith("tests/", StringComparison.Ordinal))
        {
            yield break;
        }

        var allowed = SourceTree.IsStandIn(project) ? [] : Allowed.GetValueOrDefault(folder);
        if (allowed is null)
        {
            yield return $"{project}: ReferenceRule does not know {folder}; say there what it may refer to";
            yield break;
        }

        foreach (var reference in XDocument.Parse(content).Descendants("ProjectReference"))
        {
            var target = Path.GetRelativePath("/", Path.GetFullPath(Path.Combine("/", folder, reference.Attribute("Include")!.Value)));
            if (!allowed.Contains(Path.GetDirectoryName(target)))
            {
                yield return $"{project} refers to {target}; it may refer to {(allowed.Length == 0 ? "nothing of ours" : string.Join(", ", allowed))}";
            }
        }
    }
}
