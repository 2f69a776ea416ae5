using static ImageBuilder.Grains.Tests.SerializationExamples;

namespace ImageBuilder.Grains.Tests;

public sealed class SerializationWalkTests
{
    [Fact]
    public void WalkInterface_OfGoodTypes_FindsNothing()
    {
        var walk = new SerializationWalk();
        walk.WalkInterface(typeof(IGood));
        walk.Problems.ShouldBeEmpty();
        walk.Walked.ShouldBe(3);
    }

    [Theory]
    [InlineData(typeof(IOf<NoSerializer>), "lacks [GenerateSerializer]")]
    [InlineData(typeof(IOf<NotImmutable>), "lacks [Immutable]")]
    [InlineData(typeof(IOf<NoAlias>), "lacks [Alias]")]
    [InlineData(typeof(IOf<NoId>), "NoId.Name lacks [Id]")]
    [InlineData(typeof(IOf<NotSealed>), "is not sealed")]
    [InlineData(typeof(IOf<Settable>), "can be set")]
    [InlineData(typeof(IOf<WithField>), "is a field")]
    [InlineData(typeof(IOf<WithList>), "WithList.Names: System.Collections.Generic.List")]
    [InlineData(typeof(IOf<BadInside>), "NoId.Name lacks [Id]")]
    [InlineData(typeof(IOf<byte[]>), "Byte[] crosses")]
    [InlineData(typeof(IOf<object>), "System.Object crosses")]
    [InlineData(typeof(ISynchronous), "returns Int32")]
    public void WalkInterface_OfBadType_NamesTheProblem(Type contract, string problem)
    {
        var walk = new SerializationWalk();
        walk.WalkInterface(contract);
        walk.Problems.ShouldHaveSingleItem().ShouldContain(problem);
    }

    [Fact]
    public void WalkInterface_OfTwoTypesWithOneAlias_NamesTheProblem()
    {
        var walk = new SerializationWalk();
        walk.WalkInterface(typeof(IOf<Good>));
        walk.WalkInterface(typeof(IOf<>).MakeGenericType(SerializationExampleType.Create("good")));
        walk.Problems.ShouldHaveSingleItem().ShouldContain("has the alias of Good");
    }

    [Fact]
    public void WalkInterface_OfTypeWithOneIdTwice_NamesTheProblem()
    {
        var walk = new SerializationWalk();
        walk.WalkInterface(typeof(IOf<>).MakeGenericType(SerializationExampleType.Create("same-id", ("One", 0), ("Other", 0))));
        walk.Problems.ShouldHaveSingleItem().ShouldContain("has the [Id] of One");
    }

    [Fact]
    public void WalkState_OfGoodState_FindsNothing()
    {
        var walk = new SerializationWalk();
        walk.WalkState(typeof(GoodState));
        walk.Problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(typeof(StateThatForgets), "does not come back")]
    [InlineData(typeof(StateWithDefaultArray), "cannot be written as it is when new")]
    [InlineData(typeof(StateWithoutConstructor), "no constructor without parameters")]
    [InlineData(typeof(StateWithAbstractPart), "is abstract")]
    public void WalkState_OfBadState_NamesTheProblem(Type state, string problem)
    {
        var walk = new SerializationWalk();
        walk.WalkState(state);
        walk.Problems.ShouldHaveSingleItem().ShouldContain(problem);
    }
}
