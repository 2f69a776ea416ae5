using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Deploy.Tests.Manifests;

/// <summary>The configuration in the overlays, read by the service.</summary>
public sealed class ConfigurationTests
{
    [OverlayFact]
    public async Task Check_OfTheSinglePodsConfiguration_FindsNothingWrong()
    {
        var overlay = await Overlay.ReadAsync("single");
        var folder = Directory.CreateTempSubdirectory("deploy-tests-");
        try
        {
            // What the pod finds in its volume is here in a folder of the test.
            var credentials = Path.Combine(folder.FullName, "docker-config.json");
            var file = Path.Combine(folder.FullName, "config.json");
            await File.WriteAllTextAsync(credentials, "{}");
            var text = (string)overlay.OfKind("ConfigMap").Single().Content["data"]!["config.json"]!;
            await File.WriteAllTextAsync(file, text.Replace("/etc/imagebuilder/docker-config.json", credentials, StringComparison.Ordinal));

            (await Command.CheckAsync(ServiceProcess.Program, ["check", "--config", file])).ShouldBe("configuration ok");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
