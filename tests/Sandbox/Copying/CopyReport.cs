namespace ImageBuilder.Sandbox.Copying;

/// <summary>What one copying in a process of its own took.</summary>
/// <param name="Seconds">The copying itself, without the start of the process.</param>
/// <param name="BlobsSent">Blobs that were transferred.</param>
/// <param name="BytesSent">Their size.</param>
/// <param name="IdleKiB">Resident memory before it.</param>
/// <param name="PeakKiB">The most resident memory while it ran.</param>
public sealed record CopyReport(double Seconds, int BlobsSent, long BytesSent, long IdleKiB, long PeakKiB);
