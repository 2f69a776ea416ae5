using Grpc.Core;

namespace ImageBuilder.Grpc.Tests.Hosting;

/// <summary>A test of what the stand-in does better than the official package.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class StandInFactAttribute : FactAttribute
{
    /// <summary>Skipped on the official package, because of <paramref name="why"/>.</summary>
    public StandInFactAttribute(string why)
    {
        Why = why;
        if (typeof(RpcException).Assembly.GetName().Name == "Grpc.Core.Api")
        {
            Skip = why;
        }
    }

    public string Why { get; }
}
