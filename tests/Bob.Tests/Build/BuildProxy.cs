using System.Diagnostics;

namespace ImageBuilder.Bob.Tests.Build;

/// <summary>A <c>bob proxy</c> of its own, with its credentials from stdin.</summary>
public sealed class BuildProxy : IDisposable
{
    private readonly Process _process;

    private BuildProxy(Process process, string address, string keyFile)
    {
        _process = process;
        Address = address;
        KeyFile = keyFile;
    }

    /// <summary>Host and port.</summary>
    public string Address { get; }

    /// <summary>The file with the password that it asks for.</summary>
    public string KeyFile { get; }

    /// <summary>Starts one and waits until it listens.</summary>
    public static async Task<BuildProxy> StartAsync(
        string addressFile, string baseImage, string target, string credentials, string[]? options = null, params (string Name, string Value)[] variables)
    {
        var keyFile = addressFile + ".key";
        var start = new ProcessStartInfo(
            Processes.Bob.Path,
            ["proxy", "--listen", "127.0.0.1:0", "--address-file", addressFile, "--key-file", keyFile, "--base-ref", baseImage, "--target-ref", target, "--credentials-stdin", .. options ?? []])
        {
            RedirectStandardInput = true,
        };

        // What the runtime has for debuggers in /tmp would stay there: this one is killed.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(credentials);
        process.StandardInput.Close();
        while (!File.Exists(addressFile))
        {
            process.HasExited.ShouldBeFalse();
            await Task.Delay(10);
        }

        return new BuildProxy(process, await File.ReadAllTextAsync(addressFile), keyFile);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
