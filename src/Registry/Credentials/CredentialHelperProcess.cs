using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;

namespace ImageBuilder.Registry.Credentials;

/// <summary>
/// Runs docker credential helpers, without a shell, each as the leader of a session and process group of its own, so that nothing that it started
/// is left when it is over. What it writes is read up to a bound and never shown: it may hold a secret.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore has no handle as long as nobody asks for one.")]
internal sealed partial class CredentialHelperProcess(CredentialHelperOptions options, TimeProvider time)
{
    private const int SigKill = 9;
    private const int MaximumOutput = 1 << 20;
    private const string SessionStarter = "setsid";

    private readonly SemaphoreSlim _turns = new(options.MaximumProcesses);

    /// <summary>Runs <paramref name="helper"/> with one argument and gives its exit code and what it wrote to its standard output.</summary>
    /// <exception cref="CredentialsException">It is not installed, took too long or wrote too much; the message says so, after <paramref name="what"/>.</exception>
    public async Task<(int ExitCode, byte[] Output)> RunAsync(CredentialHelperName helper, string verb, string input, string what)
    {
        var program = Search(helper.Program) ?? throw new CredentialsException(
            $"cannot {what}: {helper.Program} is not in PATH; install {CredentialHelperPackages.Of(helper)}, or take the helper out of the docker config");
        var starter = Search(SessionStarter) ?? throw new CredentialsException($"cannot {what}: {SessionStarter} is not in PATH; install the package util-linux");
        await TakeTurnAsync(what);
        try
        {
            return await RunAsync(new ProcessStartInfo(starter, [program, verb]), input, what);
        }
        finally
        {
            _turns.Release();
        }
    }

    private async Task TakeTurnAsync(string what)
    {
        using var patience = new CancellationTokenSource(options.Timeout, time);
        try
        {
            await _turns.WaitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            throw new CredentialsException($"cannot {what}: {options.MaximumProcesses} other credential helpers have been running for {options.Timeout.TotalSeconds} s");
        }
    }

    private async Task<(int ExitCode, byte[] Output)> RunAsync(ProcessStartInfo start, string input, string what)
    {
        using var deadline = new CancellationTokenSource(options.Timeout, time);
        using var process = Start(start, what);
        try
        {
            var output = ReadAsync(process.StandardOutput.BaseStream, what, deadline.Token);
            try
            {
                // Read to its end, so that it never waits for a reader.
                _ = process.StandardError.BaseStream.CopyToAsync(Stream.Null, deadline.Token);
                await WriteAsync(process, input, deadline.Token);
                var exit = process.WaitForExitAsync(deadline.Token);
                await await Task.WhenAny(exit, output);
                await exit;
            }
            finally
            {
                // Also after a good end: a child that is left may hold the output open.
                KillGroup(process);
            }

            return (process.ExitCode, await output.WaitAsync(deadline.Token));
        }
        catch (OperationCanceledException)
        {
            throw new CredentialsException($"cannot {what}: the helper did not end within {options.Timeout.TotalSeconds} s");
        }
    }

    private static Process Start(ProcessStartInfo start, string what)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.WorkingDirectory = "/";
        start.Environment.Clear();
        foreach (var (name, value) in CredentialHelperEnvironment.Of(Environment.GetEnvironmentVariables()))
        {
            start.Environment[name] = value;
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new CredentialsException($"cannot {what}: the helper cannot be started: {e.Message}", e);
        }
    }

    private static async Task WriteAsync(Process process, string input, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(input), cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it read its input; how it ended tells why.
        }
    }

    private static async Task<byte[]> ReadAsync(Stream output, string what, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream();
        var buffer = new byte[4096];
        while (await output.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            content.Write(buffer, 0, count);
            if (content.Length > MaximumOutput)
            {
                throw new CredentialsException($"cannot {what}: the helper writes more than {MaximumOutput} bytes");
            }
        }

        return content.ToArray();
    }

    private static void KillGroup(Process process)
    {
        _ = SendSignal(-process.Id, SigKill);
        // One that was just started has no group yet.
        process.Kill();
    }

    private string? Search(string program) => options.SearchPath
        .Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Where(Path.IsPathRooted)
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(IsExecutable);

    private static bool IsExecutable(string path) =>
        File.Exists(path) && (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
