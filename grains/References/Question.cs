namespace ImageBuilder.Grains.References;

/// <summary>What one caller asks of a <see cref="CachedAnswer"/>.</summary>
/// <param name="MaxAge">How old an answer may be; zero: it comes from a request that began after the question, and is never stale.</param>
/// <param name="IsPatient">Whether "too many requests" is waited out.</param>
/// <param name="Since">The number that the next request had when the question was first put: answers of it and of later ones will do at any age.</param>
internal readonly record struct Question(TimeSpan MaxAge, bool IsPatient, long Since);
