using System.Globalization;

namespace ImageBuilder.Registry.Transport;

/// <summary>Reads <c>RateLimit-Limit: 100;w=21600</c> and <c>RateLimit-Remaining: 76;w=21600</c>, as Docker Hub sends them.</summary>
internal static class BudgetHeaders
{
    /// <summary>What the answer tells of a budget; null when it tells nothing.</summary>
    public static RegistryBudget? Read(HttpResponseMessage response)
    {
        if (Find(response, "RateLimit-Remaining") is not { Count: { } remaining } left)
        {
            return null;
        }

        var limit = Find(response, "RateLimit-Limit");
        return new RegistryBudget(limit?.Count, remaining, left.Window ?? limit?.Window);
    }

    private static (long Count, TimeSpan? Window)? Find(HttpResponseMessage response, string name)
    {
        if (!response.Headers.NonValidated.TryGetValues(name, out var values))
        {
            return null;
        }

        var parts = values.First().Split(';', StringSplitOptions.TrimEntries);
        if (!long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return null;
        }

        var window = parts.FirstOrDefault(part => part.StartsWith("w=", StringComparison.Ordinal));
        return (count, int.TryParse(window?[2..], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : null);
    }
}
