using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Registry;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Deploy.Tests.Manifests;

/// <summary>The configuration in the overlays, read by the service.</summary>
public sealed class ConfigurationTests
{
    public static TheoryData<string> All => [.. Overlay.Names];

    [OverlayTheory]
    [MemberData(nameof(All))]
    public async Task Check_OfAnOverlaysConfiguration_FindsNothingWrong(string name)
    {
        var overlay = await Overlay.ReadAsync(name);
        var folder = Directory.CreateTempSubdirectory("deploy-tests-");
        try
        {
            // What a pod finds in its volume is here in a folder of the test.
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "docker-config.json"), "{}");
            await File.WriteAllTextAsync(Path.Combine(folder.CreateSubdirectory("postgres").FullName, "connection-string"), "Host=database");
            using var authority = PrivateAuthority.Create(folder.CreateSubdirectory("tls").FullName);
            authority.WriteMember(authority.Folder, "tls");
            var file = Path.Combine(folder.FullName, "config.json");
            var text = overlay.OfKind("ConfigMap").Select(map => (string?)map.Content["data"]!["config.json"]).OfType<string>().Single();
            await File.WriteAllTextAsync(file, text.Replace("/etc/imagebuilder-tls", authority.Folder, StringComparison.Ordinal).Replace("/etc/imagebuilder", folder.FullName, StringComparison.Ordinal));

            (await Command.CheckAsync(ServiceProcess.Program, ["check", "--config", file])).ShouldBe("configuration ok");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
