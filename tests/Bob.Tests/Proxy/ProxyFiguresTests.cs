using System.Globalization;
using System.Text.RegularExpressions;
using ImageBuilder.Sandbox.Proxying;
using ImageBuilder.Testing;

namespace ImageBuilder.Bob.Tests.Proxy;

public sealed partial class ProxyFiguresTests
{
    [NeedsProgramsFact("docker-registry", "skopeo")]
    public async Task ProxyFigures_SmallImage_ArrivesAndTheProxyStaysSmall()
    {
        using var output = new StringWriter();

        await ProxyFigures.RunAsync(new ProxyFiguresOptions { Size = 256 << 20, Repetitions = 1 }, output);

        // How fast it is depends on what else runs.
        var memory = Memory().Matches(output.ToString()).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).ToList();
        memory.Count.ShouldBe(2);
        memory.ShouldAllBe(mebibytes => mebibytes < 64);
    }

    [GeneratedRegex("([0-9]+) MiB (?:at most|of memory over idle)")]
    private static partial Regex Memory();
}
