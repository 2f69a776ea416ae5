namespace ImageBuilder.Registry.Transport;

/// <summary>
/// Told of what goes to registries, for metrics. Called on the way of the request: an implementation is quick, safe for concurrent use, and does not throw.
/// </summary>
public interface IRegistryObserver
{
    /// <summary>An HTTP request was sent; each try, redirect and token request counts by itself. What was refused without being sent does not.</summary>
    /// <param name="host">The registry that was asked, normalised (<c>docker.io</c>), or the mirror that was asked in its place.</param>
    /// <param name="kind">What of the registry was asked.</param>
    /// <param name="method">The HTTP method, in capitals.</param>
    /// <param name="statusCode">The answer's status; null when none came.</param>
    /// <param name="elapsed">From sending to the end of the answer's headers.</param>
    void Requested(string host, RegistryRequestKind kind, string method, int? statusCode, TimeSpan elapsed);

    /// <summary>An answer told what is left of the caller's allowance (headers RateLimit-Limit and RateLimit-Remaining, as Docker Hub sends them).</summary>
    /// <param name="host">As above.</param>
    /// <param name="budget">What is left. Registries count by account or by network address, so this is one of possibly several budgets.</param>
    void BudgetSeen(string host, RegistryBudget budget);

    /// <summary>The registry answered "too many requests" (429): with the credential of that request nobody asks it for a while.</summary>
    /// <param name="host">As above.</param>
    /// <param name="duration">For how long.</param>
    void BudgetBlocked(string host, TimeSpan duration);
}
