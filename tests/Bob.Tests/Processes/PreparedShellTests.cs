using ImageBuilder.Bob.Processes;
using ImageBuilder.Testing;

namespace ImageBuilder.Bob.Tests.Processes;

public sealed class PreparedShellTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _variables = new() { ["PATH"] = EnginePrograms.Path, ["MARK"] = Guid.NewGuid().ToString() };

    public void Dispose() => _folder.Dispose();

    [NeedsProgramsFact("unshare", "setpriv")]
    public async Task Run_ArgumentsThatMeanSomethingToAShell_ArriveAsTheyAre()
    {
        var folder = Directory.CreateDirectory(_folder["a 'folder'; $HOME"]).FullName;
        string[] arguments = ["it's", "$(id) `id` $HOME", "two\nlines\n", string.Empty, "--", "*", "ä\\n"];
        await using var shell = await PreparedShell.StartAsync(_variables, _folder.Path);

        var (exitCode, tail) = await shell.RunAsync(
            "sh",
            ["-c", "pwd; echo \"$OF_SHELL$MARK\"; printf '<%s>' \"$@\"; echo to stderr >&2; exit 3", "sh", .. arguments],
            new Dictionary<string, string> { ["OF_SHELL"] = "it's; $(id)" },
            folder,
            secrets: [],
            CancellationToken.None);

        exitCode.ShouldBe(3);
        tail.ShouldBe($"{folder}\nit's; $(id){_variables["MARK"]}\n{string.Concat(arguments.Select(argument => $"<{argument}>"))}to stderr\n");
    }

    [NeedsProgramsFact("unshare", "setpriv")]
    public async Task Run_ProgramReadsItsInput_FindsNone()
    {
        await using var shell = await PreparedShell.StartAsync(_variables, _folder.Path);

        (await shell.RunAsync("cat", [], new Dictionary<string, string>(), _folder.Path, secrets: [], CancellationToken.None)).ShouldBe(new CommandResult(0, string.Empty));
    }

    [NeedsProgramsFact("unshare", "setpriv")]
    public async Task Run_ItWasKilledBefore_SaysSoByItsExitCode()
    {
        await using var shell = await PreparedShell.StartAsync(_variables, _folder.Path);
        foreach (var process in Marked())
        {
            using var killed = System.Diagnostics.Process.GetProcessById(process);
            killed.Kill();
        }

        (await shell.RunAsync("echo", ["hello"], new Dictionary<string, string>(), _folder.Path, secrets: [], CancellationToken.None)).ExitCode.ShouldBe(128 + 9);
    }

    [NeedsProgramsFact("unshare", "setpriv")]
    public async Task Dispose_NotUsed_Ends()
    {
        var shell = await PreparedShell.StartAsync(_variables, _folder.Path);
        Marked().ShouldNotBeEmpty();

        await shell.DisposeAsync();

        Marked().ShouldBeEmpty();
    }

    // Nobody else has that variable.
    private List<int> Marked() =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), out var id) ? id : 0)
            .Where(id => id > 0 && Environ(id).Contains(_variables["MARK"], StringComparison.Ordinal)),
    ];

    private static string Environ(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/environ");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended.
            return string.Empty;
        }
    }
}
