namespace ImageBuilder.Registry.Credentials;

/// <summary>
/// The part of a docker config file that holds credentials: <c>{"auths":{"host":{"auth":"…"}}}</c>. An entry has <c>auth</c> (base64 of
/// "user:password", the user ending at the first ":"), or <c>username</c> and <c>password</c>, or <c>identitytoken</c>, or
/// <c>registrytoken</c>.
/// </summary>
public sealed class DockerConfig
{
    /// <summary>The hosts with a credential, as the file spells them.</summary>
    public IEnumerable<string> Hosts => throw new NotImplementedException();

    /// <summary>Reads a docker config.</summary>
    /// <exception cref="CredentialsException">It is not JSON of that form; the message names the entry, never its value.</exception>
    public static DockerConfig Parse(ReadOnlyMemory<byte> json) => throw new NotImplementedException();

    /// <summary>The credential for <paramref name="host"/>: the entry spelled so, else the first whose normalised host is the same; null when there is none.</summary>
    public RegistryCredential? Find(string host) => throw new NotImplementedException(Hosts + host);
}
