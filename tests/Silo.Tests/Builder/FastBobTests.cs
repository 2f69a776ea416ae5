using System.Reflection.PortableExecutable;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Silo.Tests.Builder;

public sealed class FastBobTests
{
    // docs/design/coreclr/botr/readytorun-format.md of dotnet/runtime.
    private const uint Signature = 0x00525452;
    private const uint HoldsGenericsOfOthers = 0x80;

    [FastFact]
    public void BobBesideTheService_BuiltFast_IsCompiledAheadOfTimeWithWhatItMakesOfTheFramework()
    {
        var folder = Path.GetDirectoryName(ServiceProcess.Program)!;

        foreach (var library in (string[])["bob.dll", "ImageBuilder.Registry.dll"])
        {
            (ReadFlags(Path.Combine(folder, library)) & HoldsGenericsOfOthers).ShouldBe(HoldsGenericsOfOthers, library);
        }
    }

    private static uint ReadFlags(string library)
    {
        using var image = new PEReader(File.OpenRead(library));
        var directory = image.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory;
        directory.Size.ShouldBeGreaterThan(0, $"{library} has no native code");
        var header = image.GetSectionData(directory.RelativeVirtualAddress).GetReader();
        header.ReadUInt32().ShouldBe(Signature);
        _ = header.ReadUInt32();
        return header.ReadUInt32();
    }
}
