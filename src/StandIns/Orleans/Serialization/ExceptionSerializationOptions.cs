namespace Orleans.Serialization;

/// <summary>Which exceptions cross from silo to silo; in one process all do.</summary>
public class ExceptionSerializationOptions
{
    /// <summary>What the namespaces of their types begin with.</summary>
    public HashSet<string> SupportedNamespacePrefixes { get; } = new(StringComparer.Ordinal) { "Microsoft", "System", "Azure" };
}
