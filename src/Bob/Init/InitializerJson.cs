using System.Text.Json.Serialization;

namespace ImageBuilder.Bob.Init;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(Initializer))]
internal sealed partial class InitializerJson : JsonSerializerContext;
