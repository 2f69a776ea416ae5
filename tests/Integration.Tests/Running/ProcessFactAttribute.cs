namespace ImageBuilder.Integration.Tests.Running;

/// <summary>As <see cref="ServiceFactAttribute"/>, of what only a service in one process does, or of its files; where tests run on a cluster it is skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ProcessFactAttribute : ServiceFactAttribute
{
    public ProcessFactAttribute() => Skip ??= TestedService.IsCluster ? "it is about a service in one process, not a cluster" : null;
}
