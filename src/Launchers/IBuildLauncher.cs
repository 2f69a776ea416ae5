using ImageBuilder.Builds;

namespace ImageBuilder.Launchers;

/// <summary>A place where builds run.</summary>
public interface IBuildLauncher
{
    /// <summary>Starts an attempt and returns as soon as it is on its way.</summary>
    /// <exception cref="LaunchException">The place did not take the attempt; nothing of it is left behind.</exception>
    Task<IAttempt> LaunchAsync(AttemptId id, BuildOrder order, BuildSecrets secrets, CancellationToken cancellationToken);

    /// <summary>Finds an attempt that an earlier process started; null when nothing is known of it any more.</summary>
    Task<IAttempt?> ReattachAsync(AttemptId id, CancellationToken cancellationToken);
}
