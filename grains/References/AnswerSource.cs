namespace ImageBuilder.Grains.References;

/// <summary>Where an answer came from.</summary>
internal enum AnswerSource
{
    /// <summary>It was known.</summary>
    Cache,

    /// <summary>It was known, and no longer fresh.</summary>
    Stale,

    /// <summary>The registry was asked for it, by HEAD.</summary>
    Head,

    /// <summary>The registry was asked for it, and a manifest was read.</summary>
    Get,

    /// <summary>Somebody else was asking the registry for it.</summary>
    Shared,

    /// <summary>Nobody could be asked: the credentials for it cannot be read.</summary>
    None,
}
