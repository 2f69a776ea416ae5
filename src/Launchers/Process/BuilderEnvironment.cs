namespace ImageBuilder.Launchers.Process;

/// <summary>What the builder command sees of this service's environment: what it is named, and nothing else.</summary>
internal static class BuilderEnvironment
{
    // What it takes to start a program.
    private static readonly string[] Always = ["PATH", "DOTNET_ROOT"];

    /// <summary>The variables of <paramref name="inherited"/> that this service has, beside those that every program needs.</summary>
    public static Dictionary<string, string> Create(string home, params IEnumerable<string> inherited)
    {
        var environment = Always.Concat(inherited)
            .Select(name => (Name: name, Value: Environment.GetEnvironmentVariable(name)))
            .Where(variable => variable.Value is not null)
            .ToDictionary(variable => variable.Name, variable => variable.Value!);
        environment["HOME"] = home;
        environment["LANG"] = "C.UTF-8";
        // No debugger and no tracer attaches to a builder; without their sockets it starts sooner.
        environment["DOTNET_EnableDiagnostics"] = "0";
        return environment;
    }
}
