using System.Collections.Immutable;

// The bad examples are bad on purpose; these are the words of Orleans' analyzers for some of it.
#pragma warning disable ORLEANS0004, ORLEANS0005, ORLEANS0010

namespace ImageBuilder.Grains.Tests;

/// <summary>Types that the walk accepts, and types that it must not.</summary>
public static class SerializationExamples
{
    public enum Kind
    {
        One,
    }

    public interface IGood
    {
        Task Nothing();

        ValueTask<int> Number(string text, Guid id, Kind kind, CancellationToken cancellationToken);

        Task<ImmutableArray<Good>> List(ImmutableDictionary<string, Good> byName, DateTimeOffset? since);

        IAsyncEnumerable<GoodCase> Follow(Uri source, TimeSpan wait);
    }

    public interface IOf<T>
    {
        Task Take(T value);
    }

    public interface ISynchronous
    {
        int Answer();
    }

    [GenerateSerializer, Immutable, Alias("good")]
    public sealed record Good([property: Id(0)] string Name, [property: Id(1)] ImmutableArray<byte> Content)
    {
        [Id(2)]
        public int? Count { get; init; }

        public int Length => Content.Length;
    }

    [GenerateSerializer, Immutable, Alias("good-case")]
    public abstract record GoodCase([property: Id(0)] string Name);

    [GenerateSerializer, Immutable, Alias("good-case-one")]
    public sealed record GoodCaseOne(string Name, [property: Id(0)] int Number) : GoodCase(Name);

    [Immutable, Alias("no-serializer")]
    public sealed record NoSerializer([property: Id(0)] string Name);

    [GenerateSerializer, Alias("not-immutable")]
    public sealed record NotImmutable([property: Id(0)] string Name);

    [GenerateSerializer, Immutable]
    public sealed record NoAlias([property: Id(0)] string Name);

    [GenerateSerializer, Immutable, Alias("no-id")]
    public sealed record NoId(string Name);

    [GenerateSerializer, Immutable, Alias("not-sealed")]
    public record NotSealed([property: Id(0)] string Name);

    [GenerateSerializer, Immutable, Alias("settable")]
    public sealed record Settable
    {
        [Id(0)]
        public string? Name { get; set; }
    }

    [GenerateSerializer, Immutable, Alias("with-field")]
    public sealed class WithField(int start)
    {
        private int _count = start;

        [Id(0)]
        public string? Name { get; init; }

        public int Next() => _count++;
    }

    [GenerateSerializer, Immutable, Alias("with-list")]
    public sealed record WithList([property: Id(0)] List<string> Names);

    [GenerateSerializer, Immutable, Alias("bad-inside")]
    public sealed record BadInside([property: Id(0)] ImmutableArray<NoId> Inner);

    public sealed class GoodState
    {
        public string? Name { get; set; }

        public ImmutableDictionary<string, StoredPart> Parts { get; set; } = ImmutableDictionary<string, StoredPart>.Empty;
    }

    public sealed record StoredPart(string Name, DateTimeOffset At)
    {
        public string Line => $"{At:O} {Name}";
    }

    public sealed class StateThatForgets
    {
        public int Count { get; private set; }

        public void Add() => Count++;
    }

    public sealed class StateWithDefaultArray
    {
        public ImmutableArray<string> Names { get; set; }
    }

    public sealed record StateWithoutConstructor(string Name);

    public sealed class StateWithAbstractPart
    {
        public AbstractPart? Part { get; set; }
    }

    public abstract record AbstractPart(string Name);
}
