using System.Diagnostics;
using System.Net;

namespace ImageBuilder.Bob.Tests.Proxy;

public sealed class StandbyTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("bob-tests-");

    private string AddressFile => Path.Combine(_folder.FullName, "address");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Standby_RequestBeforeItsOrder_WaitsForIt()
    {
        using var proxy = Start();
        using var client = await ClientAsync(proxy);
        (await client.GetAsync("v2/")).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var over = new CancellationTokenSource(Patience);
        var early = client.GetAsync("v2/base/manifests/latest", over.Token);
        var named = client.GetAsync("v2/ns/127.0.0.1_1/org/other/manifests/latest", over.Token);

        // Nobody listens on port 1: what the proxy says of that shows that it knows the image now.
        await proxy.StandardInput.WriteAsync("""{"baseRef":"127.0.0.1:1/org/base:1","targetRef":"127.0.0.1:1/org/ws:1","credentials":{}}""");
        proxy.StandardInput.Close();

        ((int)(await early).StatusCode).ShouldBeGreaterThanOrEqualTo(500);
        ((int)(await named).StatusCode).ShouldBeGreaterThanOrEqualTo(500);
        proxy.Kill();
    }

    [Fact]
    public async Task Standby_StdinEnds_EndsWithoutError()
    {
        using var proxy = Start();
        using var client = await ClientAsync(proxy);
        proxy.StandardInput.Close();

        using var over = new CancellationTokenSource(Patience);
        await proxy.WaitForExitAsync(over.Token);
        proxy.ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Standby_OrderThatIsNone_SaysSoAndShowsNoValue()
    {
        using var proxy = Start();
        await proxy.StandardInput.WriteAsync("""{"baseRef":["hunter2"]}""");
        proxy.StandardInput.Close();

        using var over = new CancellationTokenSource(Patience);
        await proxy.WaitForExitAsync(over.Token);
        proxy.ExitCode.ShouldBe(2);
        var error = await proxy.StandardError.ReadToEndAsync();
        error.ShouldContain("baseRef");
        error.ShouldNotContain("hunter2");
    }

    private Process Start() => Process.Start(new ProcessStartInfo(
        Processes.Bob.Path, ["proxy", "--listen", "127.0.0.1:0", "--address-file", AddressFile, "--standby"])
    {
        RedirectStandardInput = true,
        RedirectStandardError = true,
    })!;

    private async Task<HttpClient> ClientAsync(Process proxy)
    {
        while (!File.Exists(AddressFile))
        {
            proxy.HasExited.ShouldBeFalse();
            await Task.Delay(10);
        }

        return new HttpClient { BaseAddress = new Uri($"http://{await File.ReadAllTextAsync(AddressFile)}/") };
    }
}
