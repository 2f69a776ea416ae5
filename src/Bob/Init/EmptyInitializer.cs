namespace ImageBuilder.Bob.Init;

/// <summary>A build context with nothing in it.</summary>
internal sealed class EmptyInitializer;
