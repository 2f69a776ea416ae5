namespace ImageBuilder.Grains;

/// <summary>The grain storage provider that keeps the state of this service.</summary>
public static class StateStorage
{
    /// <summary>Name under which the host registers it.</summary>
    public const string Name = "imagebuilder";
}
