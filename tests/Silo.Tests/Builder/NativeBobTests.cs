using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Silo.Tests.Builder;

public sealed class NativeBobTests
{
    [NativeBobFact]
    public async Task BobBesideTheService_BuiltNative_RunsWithoutTheRuntimeAndItsLibraries()
    {
        var folder = Directory.CreateTempSubdirectory("imagebuilder-native-").FullName;
        try
        {
            var (alone, none) = (Path.Combine(folder, "bob"), Path.Combine(folder, "none"));
            File.Copy(Path.Combine(Path.GetDirectoryName(ServiceProcess.Program)!, "bob"), alone);

            var help = await Command.RunAsync(alone, ["proxy", "--help"], variables: new Dictionary<string, string> { ["DOTNET_ROOT"] = none, ["PATH"] = none });

            help.ExitCode.ShouldBe(0, help.Errors);
            help.Output.ShouldContain("--address-file");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
