using ImageBuilder.Launchers.Process;

namespace ImageBuilder.Launchers.Tests.Process;

/// <summary>A test that needs control groups which it may use; it is skipped, with the reason, where there are none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ControlGroupFactAttribute : FactAttribute
{
    private static readonly string? s_whyNot = WhyNot();

    public ControlGroupFactAttribute() => Skip = s_whyNot;

    private static string? WhyNot()
    {
        var note = Path.GetTempFileName();
        try
        {
            var group = ControlGroup.Create(ControlGroupHierarchy.Read(), $"launchers-tests-{Guid.NewGuid():N}", new ResourceLimits(), note);
            group?.Remove();
            return group is null ? "the kernel has no control groups" : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"no control group can be made here: {error.Message}";
        }
        finally
        {
            File.Delete(note);
        }
    }
}
