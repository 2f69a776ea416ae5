namespace Orleans.Configuration;

/// <summary>A silo's own settings.</summary>
public class SiloOptions
{
    /// <summary>Its name. Default: one that Orleans makes.</summary>
    public string SiloName { get; set; } = string.Empty;
}
