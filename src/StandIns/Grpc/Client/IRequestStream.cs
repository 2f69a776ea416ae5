namespace Grpc.Net.Client;

/// <summary>What writes the body of a request.</summary>
internal interface IRequestStream
{
    /// <summary>Takes the body's stream; completes when everything is written.</summary>
    Task RunAsync(Stream stream);
}
