namespace Orleans.Hosting;

/// <summary>What one process cannot do.</summary>
internal static class StandInLimits
{
    public static NotSupportedException OneProcess(string what) => new(
        $"{what} needs Orleans' own packages: set 'standin' runs in one process. Build with -p:Packages=nuget, or take clustering out of the configuration.");
}
