namespace ImageBuilder.Sandbox.Tests;

/// <summary>A run that looks for what should not be, in a folder of its own.</summary>
internal static class Proof
{
    /// <summary>Writes what <paramref name="find"/> finds to <paramref name="output"/>; 0 when that is nothing, else 1.</summary>
    /// <param name="name">The name of the folder, which is removed in the end.</param>
    /// <param name="good">What to say when nothing was found.</param>
    /// <param name="output">Where to say it.</param>
    /// <param name="find">Does the work in the folder, and gives a line for each thing that should not be.</param>
    public static async Task<int> RunAsync(string name, string good, TextWriter output, Func<string, Task<IReadOnlyList<string>>> find)
    {
        var folder = Directory.CreateTempSubdirectory($"imagebuilder-{name}-");
        try
        {
            var found = await find(folder.FullName);
            foreach (var problem in found)
            {
                await output.WriteLineAsync(problem);
            }

            await output.WriteLineAsync(found.Count == 0 ? good : $"{found.Count} problems");
            return found.Count == 0 ? 0 : 1;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
