using System.Collections.Immutable;

namespace ImageBuilder.Orleans.Behaviour.Tests.Calls;

[GenerateSerializer, Immutable, Alias("Behaviour.Order")]
public sealed record Order([property: Id(0)] string Name, [property: Id(1)] ImmutableArray<string> Lines, [property: Id(2)] TimeSpan? Limit);
