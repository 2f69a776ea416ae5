namespace ImageBuilder.Sandbox.Registry;

/// <summary>How a registry asks who is there.</summary>
public enum RegistryLogin
{
    /// <summary>User and password in every request, kept in an htpasswd file.</summary>
    Password,

    /// <summary>Everybody may read and write.</summary>
    Open,

    /// <summary>A token of a <see cref="TokenServer"/>, which the registry starts and ends with itself.</summary>
    Token,
}
