namespace ImageBuilder.Launchers.Process;

/// <summary>Where the files of one attempt are.</summary>
internal sealed record AttemptFolder(string Root)
{
    /// <summary>Root of the build context.</summary>
    public string Workspace => Path.Combine(Root, "workspace");

    /// <summary>Home of the builder's processes, empty at first.</summary>
    public string Home => Path.Combine(Root, "home");

    /// <summary>Temporary files of the builder's processes.</summary>
    public string Temp => Path.Combine(Root, "tmp");

    /// <summary>What the user sees.</summary>
    public string Log => Path.Combine(Root, "log");

    /// <summary>What the proxy says, for operators.</summary>
    public string ProxyLog => Path.Combine(Root, "proxy.log");

    /// <summary>Address that the proxy listens on.</summary>
    public string ProxyAddress => Path.Combine(Root, "proxy.address");

    /// <summary>Password that the proxy asks for.</summary>
    public string ProxyKey => Path.Combine(Root, "proxy.key");

    /// <summary>How to enter the network that the proxy listens in, when that is the build's own.</summary>
    public string Network => Path.Combine(Root, "proxy.network");

    /// <summary>What the build has as /etc/resolv.conf, when its network is its own.</summary>
    public string NameServers => Path.Combine(Root, "resolv.conf");

    /// <summary>Made by the builder when the build context is complete.</summary>
    public string Ready => Path.Combine(Workspace, ".gitpod", "ready");

    /// <summary>How the attempt ended.</summary>
    public string Outcome => Path.Combine(Workspace, ".gitpod", "outcome.json");

    /// <summary>Note of the control group of the builder's processes.</summary>
    public string ControlGroup => Path.Combine(Root, "cgroup");

    /// <summary>Note of the process that runs a verb of the builder command.</summary>
    public string ProcessId(string verb) => Path.Combine(Root, verb + ".pid");

    /// <summary>Makes the folders.</summary>
    public void Create()
    {
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(Root, OwnerOnly);
        Directory.CreateDirectory(Path.Combine(Workspace, ".gitpod"));
        Directory.CreateDirectory(Home);
        Directory.CreateDirectory(Temp);
    }
}
