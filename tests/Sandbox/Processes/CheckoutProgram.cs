namespace ImageBuilder.Sandbox.Processes;

/// <summary>Programs that this checkout builds.</summary>
internal static class CheckoutProgram
{
    /// <summary>The program of <paramref name="project"/>, of the package set and configuration of whichever program is running.</summary>
    public static string Path(string project, string name)
    {
        // artifacts/<set>/bin/<project>/<configuration>/
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        return System.IO.Path.Combine(folder.Parent!.Parent!.FullName, project, folder.Name, name);
    }
}
