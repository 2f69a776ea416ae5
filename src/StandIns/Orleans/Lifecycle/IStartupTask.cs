namespace Orleans.Runtime;

/// <summary>Work that is done when the silo has started.</summary>
public interface IStartupTask
{
    /// <summary>Does it; an error stops the silo's start.</summary>
    Task Execute(CancellationToken cancellationToken);
}
