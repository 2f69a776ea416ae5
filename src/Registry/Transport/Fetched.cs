namespace ImageBuilder.Registry.Transport;

/// <summary>What a fetch brought, and for how long it may be used.</summary>
internal readonly record struct Fetched<T>(T Value, TimeSpan Lifetime);
