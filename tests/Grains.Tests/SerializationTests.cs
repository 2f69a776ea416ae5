using System.Reflection;
using Orleans.Runtime;

namespace ImageBuilder.Grains.Tests;

public sealed class SerializationTests
{
    private static readonly Type[] Types = Assembly.Load("ImageBuilder.Grains").GetTypes();

    [Fact]
    public void GrainInterfaces_AllTheirTypes_CanCrossBetweenSilos()
    {
        var walk = new SerializationWalk();
        foreach (var contract in Types.Where(type => type.IsInterface && typeof(IAddressable).IsAssignableFrom(type)))
        {
            walk.WalkInterface(contract);
        }

        walk.Problems.ShouldBeEmpty();
        walk.Walked.ShouldBeGreaterThan(5);
    }

    [Fact]
    public void GrainStates_AllTheirTypes_ComeBackFromStorage()
    {
        var walk = new SerializationWalk();
        var states = Types
            .SelectMany(type => type.GetConstructors())
            .SelectMany(constructor => constructor.GetParameters())
            .Where(parameter => parameter.IsDefined(typeof(PersistentStateAttribute)))
            .Select(parameter => parameter.ParameterType.GenericTypeArguments[0])
            .Distinct()
            .ToList();
        states.ShouldNotBeEmpty();
        foreach (var state in states)
        {
            walk.WalkState(state);
        }

        walk.Problems.ShouldBeEmpty();
    }
}
