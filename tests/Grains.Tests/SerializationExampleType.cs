using System.Reflection;
using System.Reflection.Emit;

namespace ImageBuilder.Grains.Tests;

/// <summary>Types that Orleans' own code generator would refuse to compile; made while the test runs, it does not see them.</summary>
internal static class SerializationExampleType
{
    /// <summary>A sealed type with all its marks and with get-only properties of these names and ids.</summary>
    public static Type Create(string alias, params (string Name, uint Id)[] properties)
    {
        var module = AssemblyBuilder
            .DefineDynamicAssembly(new AssemblyName("ImageBuilder.Examples"), AssemblyBuilderAccess.RunAndCollect)
            .DefineDynamicModule("Examples");
        var type = module.DefineType("Example", TypeAttributes.Public | TypeAttributes.Sealed);
        type.SetCustomAttribute(Mark<GenerateSerializerAttribute>());
        type.SetCustomAttribute(Mark<ImmutableAttribute>());
        type.SetCustomAttribute(Mark<AliasAttribute>(alias));
        foreach (var (name, id) in properties)
        {
            type.DefineField($"<{name}>k__BackingField", typeof(string), FieldAttributes.Private);
            type.DefineProperty(name, PropertyAttributes.None, typeof(string), null).SetCustomAttribute(Mark<IdAttribute>(id));
        }

        return type.CreateType();
    }

    private static CustomAttributeBuilder Mark<TAttribute>(params object[] arguments) =>
        new(typeof(TAttribute).GetConstructor([.. arguments.Select(argument => argument.GetType())])!, arguments);
}
