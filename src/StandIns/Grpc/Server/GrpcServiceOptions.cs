using System.IO.Compression;

namespace Grpc.AspNetCore.Server;

/// <summary>What every gRPC service of the application is held to.</summary>
public class GrpcServiceOptions
{
    /// <summary>Largest message that is sent, in bytes; null, the default, is no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Largest message that is received, in bytes, also after decompression; 4 MiB by default, null is no limit.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>Whether a client is told what a method threw; not by default.</summary>
    public bool? EnableDetailedErrors { get; set; }

    /// <summary>How responses are compressed for clients that accept it: "gzip" or "deflate"; null, the default, is not.</summary>
    public string? ResponseCompressionAlgorithm { get; set; }

    /// <summary>How hard; <see cref="CompressionLevel.Fastest"/> by default.</summary>
    public CompressionLevel? ResponseCompressionLevel { get; set; }

    /// <summary>Whether requests for unknown services and methods are left to the rest of the application; answered UNIMPLEMENTED by default.</summary>
    public bool? IgnoreUnknownServices { get; set; }

    /// <summary>What every call goes through, the first one first.</summary>
    public InterceptorCollection Interceptors { get; } = [];
}
