namespace ImageBuilder.Sandbox.Cancels;

/// <summary>After what a build is cancelled, give or take a random while.</summary>
internal enum Moment
{
    /// <summary>It was accepted: it waits for its turn, is launched, or fetches its context.</summary>
    Accepted,

    /// <summary>It runs: it fetches its context.</summary>
    Running,

    /// <summary>The engine reads the Dockerfile and pulls an image that it does not have.</summary>
    Pulling,

    /// <summary>A step runs processes that do not want to end.</summary>
    Step,

    /// <summary>The engine stores the image, and pushes it.</summary>
    Pushing,

    /// <summary>The service asks for the image.</summary>
    Verifying,
}
