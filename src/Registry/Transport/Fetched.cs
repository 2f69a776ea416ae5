namespace ImageBuilder.Registry.Transport;

/// <summary>What a fetch brought, and for how long it may be used. A class, since generic code for classes is compiled ahead of time.</summary>
internal sealed record Fetched<T>(T Value, TimeSpan Lifetime);
