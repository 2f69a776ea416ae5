using ImageBuilder.Contracts.V1;
using BuildStatus = ImageBuilder.Contracts.V1.BuildStatus;

namespace ImageBuilder.Sandbox.Cancels;

/// <summary>What came of a build that was cancelled.</summary>
/// <param name="Before">How it stood just before.</param>
/// <param name="End">How it ended.</param>
/// <param name="Took">How long it took from the call to the end of its last process; null when it had none.</param>
/// <param name="Problems">What should not be.</param>
internal sealed record CancelledOutcome(BuildStatus Before, Build End, TimeSpan? Took, IReadOnlyList<string> Problems);
