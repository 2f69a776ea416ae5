namespace ImageBuilder.Registry.Transport;

/// <summary>A right on one repository that a token is asked for (distribution's token scope grammar).</summary>
/// <param name="Repository">The repository's path, without the registry.</param>
/// <param name="Actions">The actions, joined by commas: <c>pull</c>, <c>pull,push</c>, <c>delete</c>.</param>
public readonly record struct RegistryScope(string Repository, string Actions)
{
    /// <summary>Reading <paramref name="repository"/>.</summary>
    public static RegistryScope Pull(string repository) => new(repository, "pull");

    /// <summary>Reading and writing <paramref name="repository"/>.</summary>
    public static RegistryScope PullAndPush(string repository) => new(repository, "pull,push");

    /// <summary>Giving up an upload to <paramref name="repository"/>: registries differ in whether that is a push or a removal.</summary>
    public static RegistryScope CancelUpload(string repository) => new(repository, "pull,push,delete");

    /// <summary>Removing from <paramref name="repository"/>.</summary>
    public static RegistryScope Delete(string repository) => new(repository, "delete");

    /// <summary>The rights of <paramref name="scopes"/> as a token endpoint reads them: one for each repository, with all its actions, in order.</summary>
    internal static IEnumerable<string> Merge(IReadOnlyList<RegistryScope> scopes) => scopes
        .GroupBy(scope => scope.Repository, StringComparer.Ordinal)
        .Select(group => new RegistryScope(group.Key, string.Join(',', group.SelectMany(scope => scope.Actions.Split(',')).Distinct().Order(StringComparer.Ordinal))).ToString())
        .Order(StringComparer.Ordinal);

    /// <summary>As a token endpoint reads it.</summary>
    public override string ToString() => $"repository:{Repository}:{Actions}";
}
