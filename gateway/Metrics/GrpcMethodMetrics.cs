using Grpc.Core;
using Prometheus;

namespace ImageBuilder.Gateway.Metrics;

/// <summary>The series of one method, looked up once; those of its status codes when each first occurs.</summary>
internal sealed class GrpcMethodMetrics(ICounter started, ICounter received, ICounter sent, IHistogram seconds, Func<string, ICounter> handled)
{
    private readonly ICounter?[] _handled = new ICounter?[17];

    public ICounter Started => started;

    public ICounter Received => received;

    public ICounter Sent => sent;

    public IHistogram Seconds => seconds;

    /// <summary>Ended calls of one status code; a code that gRPC does not have counts as Unknown.</summary>
    public ICounter Handled(StatusCode code)
    {
        var known = (int)code >= 0 && (int)code < _handled.Length ? code : StatusCode.Unknown;
        return _handled[(int)known] ??= handled(GoName(known));
    }

    // As Go spells them; all but Cancelled are .NET's names.
    private static string GoName(StatusCode code) => code == StatusCode.Cancelled ? "Canceled" : code.ToString();
}
