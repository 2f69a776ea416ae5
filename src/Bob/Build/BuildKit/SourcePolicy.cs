using System.Text;
using System.Text.Json.Nodes;

namespace ImageBuilder.Bob.Build.BuildKit;

/// <summary>Source policies, which the daemon holds against everything that a build reads.</summary>
internal static class SourcePolicy
{
    /// <summary>A policy that denies images of every registry but <paramref name="registry"/>.</summary>
    /// <remarks>
    /// A single rule, because BuildKit 0.11 applies several in no certain order: an expression for what does not begin with that registry,
    /// spelled out, since its expressions have no negation.
    /// </remarks>
    public static string OnlyFrom(string registry)
    {
        var expression = new StringBuilder("^docker-image://(?:");
        var before = new StringBuilder();
        foreach (var character in registry + "/")
        {
            var escaped = $"\\x{(int)character:x2}";
            expression.Append(before.Length == 0 ? string.Empty : "|").Append(before).Append($"(?:[^{escaped}]|$)");
            before.Append(escaped);
        }

        return new JsonObject
        {
            ["rules"] = new JsonArray(new JsonObject
            {
                ["action"] = "DENY",
                ["selector"] = new JsonObject { ["identifier"] = expression.Append(')').ToString(), ["match_type"] = "REGEX" },
            }),
        }.ToJsonString();
    }
}
