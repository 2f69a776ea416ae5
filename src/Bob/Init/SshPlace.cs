namespace ImageBuilder.Bob.Init;

/// <summary>A repository that is reached by ssh.</summary>
/// <param name="Target">The host, with the user before it where the address names one, as ssh takes it.</param>
/// <param name="Port">The port; null for ssh's own.</param>
/// <param name="Path">Where the repository is there, as git says it to the server.</param>
internal sealed record SshPlace(string Target, int? Port, string Path)
{
    /// <summary>The place that an address of scheme ssh names.</summary>
    public static SshPlace Of(Uri address)
    {
        var path = Uri.UnescapeDataString(address.AbsolutePath);
        var user = Uri.UnescapeDataString(address.UserInfo);
        return new SshPlace(
            user.Length == 0 ? address.IdnHost : $"{user}@{address.IdnHost}",
            address.Port > 0 ? address.Port : null,
            path.StartsWith("/~", StringComparison.Ordinal) ? path[1..] : path);
    }
}
