using System.Text.Json.Nodes;
using ImageBuilder.Silo.Configuration;

namespace ImageBuilder.Silo.Tests.Configuration;

/// <summary>A folder of one test, for configuration files and what they name.</summary>
public sealed class ConfigurationFolder : IDisposable
{
    /// <summary>Where it is.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("silo-configuration-").FullName;

    /// <summary>The smallest configuration that is accepted, with a bob that is there.</summary>
    public JsonObject Smallest() => new()
    {
        ["orchestrator"] = new JsonObject { ["baseImageRepository"] = "registry/base", ["workspaceImageRepository"] = "registry/workspace" },
        ["process"] = new JsonObject { ["bob"] = Write("bob.dll", "") },
    };

    /// <summary>The smallest configuration with <paramref name="json"/> as the value of one key more, given as a path such as <c>builds.deadline</c>.</summary>
    public JsonObject With(string key, string json)
    {
        var root = Smallest();
        var section = root;
        var names = key.Split('.');
        foreach (var name in names[..^1])
        {
            section = (JsonObject)(section[name] ??= new JsonObject());
        }

        section[names[^1]] = JsonNode.Parse(json);
        return root;
    }

    /// <summary>Writes a file here and gives its path.</summary>
    public string Write(string name, string content)
    {
        var path = System.IO.Path.Combine(Path, name);
        File.WriteAllText(path, content);
        return path;
    }

    /// <summary>Loads <paramref name="json"/> as the service would.</summary>
    internal ConfigurationResult Load(string json) => ConfigurationFile.Load(Write("config.json", json));

    /// <summary>Loads <paramref name="json"/>, which must be accepted.</summary>
    internal ServiceConfiguration LoadAccepted(string json)
    {
        var result = Load(json);
        result.Error.ShouldBeNull();
        return result.Configuration!;
    }

    /// <summary>Removes the folder.</summary>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
