namespace Prometheus;

/// <summary>One series of a metric.</summary>
public abstract class ChildBase
{
    private bool _published;

    private protected ChildBase(string labels, bool publish)
    {
        Labels = labels;
        _published = publish;
    }

    internal string Labels { get; }

    internal bool IsPublished => Volatile.Read(ref _published);

    private protected void Publish() => Volatile.Write(ref _published, true);
}
