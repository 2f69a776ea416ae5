using ImageBuilder.Registry.Credentials;

namespace ImageBuilder.Registry.Transport;

/// <summary>Whose budget a request takes from. The registry is part of it, so that one that redirects to others cannot spend theirs.</summary>
/// <param name="Registry">The registry, normalised.</param>
/// <param name="Authority">Host and port that the request goes to.</param>
/// <param name="Credential">What it is signed with.</param>
internal readonly record struct BudgetKey(string Registry, string Authority, RegistryCredential? Credential);
