using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Bob.Tests.Processes;

/// <summary>The command itself, as it lies beside the tests.</summary>
internal static class Bob
{
    /// <summary>Its path.</summary>
    public static string Path { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "bob");

    /// <summary>Runs it to its end.</summary>
    public static Task<CommandResult> RunAsync(string verb, string input = "", params (string Name, string Value)[] variables) =>
        Command.RunAsync(Path, [verb], input, variables.ToDictionary(variable => variable.Name, variable => variable.Value));
}
