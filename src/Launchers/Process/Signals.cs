using System.Runtime.InteropServices;

namespace ImageBuilder.Launchers.Process;

/// <summary>Signals to processes and process groups. One to a process that is gone does nothing.</summary>
internal static class Signals
{
    private const int SigKill = 9;
    private const int SigTerm = 15;
    private const int SigCont = 18;
    private const int SigStop = 19;

    /// <summary>Asks a process to end.</summary>
    public static void Terminate(int process) => _ = Send(process, SigTerm);

    /// <summary>Ends a process.</summary>
    public static void Kill(int process) => _ = Send(process, SigKill);

    /// <summary>Ends every process of the group that <paramref name="leader"/> leads.</summary>
    public static void KillGroup(int leader) => _ = Send(-leader, SigKill);

    /// <summary>Holds every process of the group that <paramref name="leader"/> leads where it is.</summary>
    public static void StopGroup(int leader) => _ = Send(-leader, SigStop);

    /// <summary>Lets every process of the group that <paramref name="leader"/> leads go on.</summary>
    public static void ContinueGroup(int leader) => _ = Send(-leader, SigCont);

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Send(int process, int signal);
}
