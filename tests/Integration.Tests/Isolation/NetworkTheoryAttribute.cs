namespace ImageBuilder.Integration.Tests.Isolation;

/// <summary>As <see cref="NetworkFactAttribute"/>, for a theory.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NetworkTheoryAttribute : TheoryAttribute
{
    public NetworkTheoryAttribute() => Skip = new NetworkFactAttribute().Skip;
}
