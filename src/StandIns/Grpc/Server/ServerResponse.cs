using System.Globalization;
using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server;

/// <summary>Writes the end of a call into an HTTP response.</summary>
internal static class ServerResponse
{
    private static readonly string[] StatusText =
        [.. Enumerable.Range(0, 17).Select(code => code.ToString(CultureInfo.InvariantCulture))];

    /// <summary>A call that ends before it began.</summary>
    public static void SetTrailersOnly(HttpResponse response, Status status)
    {
        response.ContentType = GrpcHeaders.ContentType;
        SetStatus(response.Headers, status);
    }

    /// <summary>Status and trailers, in the header block while it has not gone, else after the messages.</summary>
    /// <exception cref="InvalidOperationException">The server cannot send trailers, or a trailer cannot be sent as a header.</exception>
    public static void SetTrailers(HttpResponse response, Metadata? trailers, Status status)
    {
        var destination = response.HasStarted
            ? response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers
                ?? throw new InvalidOperationException("Trailers are not supported for this response. The server may not support gRPC.")
            : response.Headers;
        foreach (var entry in trailers ?? Metadata.Empty)
        {
            Append(destination, entry);
        }

        SetStatus(destination, status);
    }

    /// <exception cref="InvalidOperationException">The value cannot be sent as a header.</exception>
    public static void Append(IHeaderDictionary destination, Metadata.Entry entry)
    {
        try
        {
            destination.Append(entry.Key, entry.IsBinary ? BinaryHeader.Encode(entry.ValueBytes) : entry.Value);
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"Error adding response header or trailer '{entry.Key}'.", failure);
        }
    }

    private static void SetStatus(IHeaderDictionary destination, Status status)
    {
        var code = (int)status.StatusCode;
        destination[GrpcHeaders.Status] = code >= 0 && code < StatusText.Length ? StatusText[code] : code.ToString(CultureInfo.InvariantCulture);
        if (!string.IsNullOrEmpty(status.Detail))
        {
            destination[GrpcHeaders.Message] = PercentEncoding.Encode(status.Detail);
        }
    }
}
