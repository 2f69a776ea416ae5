namespace ImageBuilder.Builds.Lifecycle;

/// <summary>What becomes of an order, given the last build of its image.</summary>
public enum JoinDecision
{
    /// <summary>A new build is started.</summary>
    Start,

    /// <summary>The order is served by the last build.</summary>
    Join,

    /// <summary>The last build made the image: the order joins it if the registry still has the image, and starts a new one otherwise.</summary>
    JoinIfImageIsThere,

    /// <summary>The last build is on its way to its end for a reason that is not the order's; the order is decided once it has got there.</summary>
    WaitForEnd,
}

/// <summary>Whether an order joins the last build of its image or starts a new one, so that no image is built twice at once.</summary>
public static class JoinPolicy
{
    /// <summary>What becomes of an order.</summary>
    /// <param name="last">How the last build of the image stands; null when there was none within retention.</param>
    /// <param name="cancelRequested">Whether somebody asked for the end of that build.</param>
    /// <param name="force">Whether the order wants the image to be built although it exists.</param>
    public static JoinDecision Decide(BuildStatus? last, bool cancelRequested, bool force) => last switch
    {
        null => JoinDecision.Start,
        { } status when !BuildLifecycle.IsFinal(status) => cancelRequested ? JoinDecision.WaitForEnd : JoinDecision.Join,
        BuildStatus.Succeeded when !force => JoinDecision.JoinIfImageIsThere,
        _ => JoinDecision.Start,
    };
}
