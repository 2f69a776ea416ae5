namespace ImageBuilder.Launchers.Process;

/// <summary>What the processes of one attempt, its proxy aside, may use together of the machine. Zero means no limit.</summary>
public sealed record ResourceLimits
{
    /// <summary>Memory, in bytes, the page cache of the files that they use included. Default 4 GiB.</summary>
    public long Memory { get; init; } = 4L << 30;

    /// <summary>Processors, in thousandths of one. Default none: builds share the machine evenly.</summary>
    public int MilliCpus { get; init; }

    /// <summary>Processes and threads. Default 4096.</summary>
    public int Processes { get; init; } = 4096;

    /// <summary>Disk that the steps of the build take up, in bytes. Default 20 GiB.</summary>
    public long Disk { get; init; } = 20L << 30;
}
