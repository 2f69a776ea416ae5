namespace ImageBuilder.Sandbox.Registry;

/// <summary>One request for a token.</summary>
/// <param name="Method">GET, or POST for a refresh token.</param>
/// <param name="User">Who asked; empty for nobody, or a password that is wrong.</param>
/// <param name="Scopes">What was asked for.</param>
/// <param name="StatusCode">The answer.</param>
public sealed record TokenRequest(string Method, string User, IReadOnlyList<string> Scopes, int StatusCode);
