using System.Text.Json.Serialization;

namespace ImageBuilder.Bob.Init;

/// <summary>How a repository is opened.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<GitAuthentication>))]
internal enum GitAuthentication
{
    /// <summary>It is open to all.</summary>
    None,

    /// <summary>With user and password.</summary>
    Basic,

    /// <summary>With user and password that a one-time secret's address gives out.</summary>
    BasicOts,
}
