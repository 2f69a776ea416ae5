namespace ImageBuilder.Silo.Configuration.Rules;

/// <summary>What a key's value, or each entry of its list, must keep to beyond its type.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal abstract class RuleAttribute : Attribute
{
    /// <summary>What is allowed, to follow "must be a Go duration, ".</summary>
    public abstract string Allowed { get; }

    /// <summary>What is wrong with a value, to follow the value itself; null when nothing is.</summary>
    public abstract string? Check(object value);
}
