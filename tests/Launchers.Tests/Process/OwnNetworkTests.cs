using ImageBuilder.Launchers.Process;

namespace ImageBuilder.Launchers.Tests.Process;

public sealed class OwnNetworkTests
{
    [Theory]
    [InlineData(BuildNetwork.Host, "")]
    [InlineData(BuildNetwork.None, "ip")]
    [InlineData(BuildNetwork.Isolated, "ip slirp4netns")]
    public void MissingPrograms_SomeAreThere_WhatTheNetworkTakesBesides(BuildNetwork network, string missing)
    {
        var folder = Directory.CreateTempSubdirectory("own-network-");
        foreach (var program in new[] { "nsenter", "unshare", "mount" })
        {
            File.WriteAllText(Path.Combine(folder.FullName, program), string.Empty);
        }

        OwnNetwork.MissingPrograms(network, [folder.FullName]).ShouldBe(missing.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        folder.Delete(recursive: true);
    }
}
