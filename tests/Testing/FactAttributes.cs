using Xunit;

namespace ImageBuilder.Testing;

/// <summary>A test that needs a program of the machine; it is skipped, with the reason, where that program is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public class NeedsProgramsFactAttribute : FactAttribute
{
    /// <summary>Needs every one of <paramref name="programs"/> on PATH.</summary>
    public NeedsProgramsFactAttribute(params string[] programs) => (Programs, Skip) = (programs, MachinePrograms.WhyNot(programs));

    /// <summary>The programs that the test runs.</summary>
    public string[] Programs { get; }
}

/// <summary>As <see cref="NeedsProgramsFactAttribute"/>, for a theory.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsProgramsTheoryAttribute : TheoryAttribute
{
    /// <summary>Needs every one of <paramref name="programs"/> on PATH.</summary>
    public NeedsProgramsTheoryAttribute(params string[] programs) => (Programs, Skip) = (programs, MachinePrograms.WhyNot(programs));

    /// <summary>The programs that the test runs.</summary>
    public string[] Programs { get; }
}

/// <summary>Which programs this machine has.</summary>
public static class MachinePrograms
{
    // Debian keeps the programs of PostgreSQL's versions apart.
    private const string DatabaseServers = "/usr/lib/postgresql";

    /// <summary>Whether PATH, or one of the folders for administrators' and database programs, holds <paramref name="program"/>.</summary>
    public static bool Exists(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Concat(["/usr/sbin", "/sbin", .. Directory.Exists(DatabaseServers) ? Directory.EnumerateDirectories(DatabaseServers).Select(version => $"{version}/bin") : []])
            .Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>Why a test that needs <paramref name="programs"/> is skipped; null when they are all there.</summary>
    public static string? WhyNot(IEnumerable<string> programs) =>
        programs.Where(program => !Exists(program)).ToList() is { Count: > 0 } missing ? $"not on this machine: {string.Join(", ", missing)}" : null;
}
