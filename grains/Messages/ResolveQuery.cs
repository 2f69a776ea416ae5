namespace ImageBuilder.Grains.Messages;

/// <summary>A question for the digest of a reference.</summary>
/// <param name="Access">Which registry credentials the caller may use.</param>
/// <param name="MaxAge">How old an answer may be; zero asks the registry after the question was put, and takes no stale answer.</param>
/// <param name="Patient">Whether "too many requests" is waited out.</param>
/// <param name="Ticket">Of the answer that told to wait, when the question is put again.</param>
[GenerateSerializer]
[Immutable]
[Alias("imagebuilder.ResolveQuery")]
public sealed record ResolveQuery(
    [property: Id(0)] RegistryAccessMessage Access,
    [property: Id(1)] TimeSpan MaxAge,
    [property: Id(2)] bool Patient,
    [property: Id(3)] ResolveTicket? Ticket = null);
