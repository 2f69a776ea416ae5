using System.Globalization;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Tests.Transport;
using Microsoft.AspNetCore.Http;

namespace ImageBuilder.Registry.Tests.Client;

/// <summary>
/// Uploads of blobs as the OCI distribution specification has them, for a <see cref="FaultyRegistry"/> whose <see cref="FaultyRegistry.Fault"/> is <see cref="AnswerAsync"/>:
/// one upload at a time, out of order refused, its state told. <see cref="Break"/> makes it fail.
/// </summary>
internal sealed class UploadServer(FaultyRegistry registry)
{
    private byte[] _received = [];
    private int _uploads;
    private int _patches;

    /// <summary>Given the number of a PATCH (from 1): how many of its bytes to take before the connection breaks; null for all and an answer.</summary>
    public Func<int, int?> Break { get; set; } = _ => null;

    /// <summary>Given the number of a PATCH: whether the upload is lost after it.</summary>
    public Func<int, bool> Lose { get; set; } = _ => false;

    /// <summary>The status of every PATCH, in place of taking it.</summary>
    public int? PatchStatus { get; set; }

    /// <summary>The least size of a chunk that is not the last.</summary>
    public int? MinimumChunk { get; set; }

    /// <summary>What status requests are told, in place of the truth.</summary>
    public string? ToldRange { get; set; }

    /// <summary>The sizes of the chunks that were taken whole.</summary>
    public List<int> Chunks { get; } = [];

    public async Task<bool> AnswerAsync(HttpContext context, Asked asked)
    {
        if (!asked.Path.Contains("/blobs/uploads/", StringComparison.Ordinal))
        {
            return false;
        }

        var response = context.Response;
        response.Headers.Location = $"/v2/team/app/blobs/uploads/{_uploads}?at={_received.Length}";
        switch (asked.Method)
        {
            case "POST":
                _received = [];
                response.StatusCode = 202;
                response.Headers.Location = $"/v2/team/app/blobs/uploads/{++_uploads}?at=0";
                if (MinimumChunk is { } minimum)
                {
                    response.Headers["OCI-Chunk-Min-Length"] = $"{minimum}";
                }

                break;
            case "DELETE":
                response.StatusCode = 204;
                break;
            case not null when !asked.Path.EndsWith($"/{_uploads}", StringComparison.Ordinal):
                response.StatusCode = 404;
                break;
            case "GET":
                response.StatusCode = 204;
                response.Headers["Range"] = ToldRange ?? Held;
                break;
            case "PATCH":
                await PatchAsync(context);
                break;
            case "PUT":
                using (var whole = new MemoryStream())
                {
                    whole.Write(_received);
                    await context.Request.Body.CopyToAsync(whole);
                    var digest = registry.AddBlob(whole.ToArray());
                    response.StatusCode = $"?digest={digest}" == Uri.UnescapeDataString(asked.Query[asked.Query.IndexOf("digest", StringComparison.Ordinal)..].Insert(0, "?")) ? 201 : 400;
                }

                break;
        }

        return true;
    }

    private string Held => $"0-{Math.Max(0, _received.Length - 1)}";

    private async Task PatchAsync(HttpContext context)
    {
        var number = ++_patches;
        var body = new MemoryStream();
        if (Break(number) is { } bytes)
        {
            var part = new byte[bytes];
            await context.Request.Body.ReadExactlyAsync(part);
            _received = [.. _received, .. part];
            _uploads += Lose(number) ? 1 : 0;
            context.Abort();
            return;
        }

        await context.Request.Body.CopyToAsync(body);
        if (PatchStatus is { } status)
        {
            context.Response.StatusCode = status;
            return;
        }

        var range = context.Request.Headers.ContentRange.ToString().Split('-');
        if (int.Parse(range[0], CultureInfo.InvariantCulture) != _received.Length || int.Parse(range[1], CultureInfo.InvariantCulture) != _received.Length + body.Length - 1)
        {
            (context.Response.StatusCode, context.Response.Headers["Range"]) = (416, Held);
            return;
        }

        Chunks.Add((int)body.Length);
        _received = [.. _received, .. body.ToArray()];
        context.Response.StatusCode = 202;
        context.Response.Headers["Range"] = Held;
    }
}
