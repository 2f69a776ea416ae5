namespace ImageBuilder.Sandbox.Registry;

/// <summary>What a user of a <see cref="TokenServer"/> may do.</summary>
/// <param name="Repository">One repository's path, or <c>*</c> for all.</param>
/// <param name="Actions">Actions joined by commas, for example <c>pull,push,delete</c>.</param>
public sealed record TokenGrant(string Repository, string Actions)
{
    /// <summary>Everything on every repository.</summary>
    public static TokenGrant All { get; } = new("*", "pull,push,delete");

    /// <summary>Reading <paramref name="repository"/>.</summary>
    public static TokenGrant Pull(string repository) => new(repository, "pull");
}
