namespace ImageBuilder.Bob.Init;

/// <summary>Which settings of git a request may make. Many others name programs that git runs, files that it reads or transports that it allows.</summary>
internal static class GitSettings
{
    private static readonly HashSet<string> s_allowed = new(StringComparer.OrdinalIgnoreCase)
    {
        "core.autocrlf", "core.eol", "core.longpaths", "core.filemode", "core.compression", "core.abbrev",
        "http.postBuffer", "http.version", "http.lowSpeedLimit", "http.lowSpeedTime", "http.maxRequests",
        "user.name", "user.email", "pack.threads", "pack.windowMemory", "fetch.unpackLimit", "advice.detachedHead", "init.defaultBranch",
    };

    /// <summary>Whether a request may set <paramref name="name"/>.</summary>
    public static bool IsAllowed(string name) => s_allowed.Contains(name);
}
