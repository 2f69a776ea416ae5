using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ImageBuilder.Sandbox.Git;
using Microsoft.AspNetCore.Http;

namespace ImageBuilder.Bob.Tests.Init;

/// <summary>The LFS side of a git server: the batch API and the objects.</summary>
internal sealed class LfsStore
{
    private readonly GitServer _server;
    private readonly ConcurrentDictionary<string, byte[]> _objects = new();

    /// <summary>Has <paramref name="server"/> serve LFS too.</summary>
    public LfsStore(GitServer server)
    {
        _server = server;
        server.Instead = AnswerAsync;
        Describe = oid => _objects.ContainsKey(oid)
            ? new JsonObject { ["actions"] = new JsonObject { ["download"] = new JsonObject { ["href"] = server.Url($"lfs-objects/{oid}"), ["header"] = new JsonObject { ["X-Ticket"] = "7" } } } }
            : new JsonObject { ["error"] = new JsonObject { ["code"] = 404, ["message"] = "no such object" } };
    }

    /// <summary>What the server says of an object.</summary>
    public Func<string, JsonObject> Describe { get; set; }

    /// <summary>Every request that was not git's: path, Authorization and X-Ticket.</summary>
    public ConcurrentQueue<(string Path, string Authorization, string Ticket)> Requests { get; } = new();

    /// <summary>Stores an object and gives its pointer.</summary>
    public string Put(string content)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        var oid = Convert.ToHexStringLower(SHA256.HashData(bytes));
        _objects[oid] = bytes;
        return Pointer(oid, bytes.Length);
    }

    /// <summary>Serves <paramref name="content"/> for the object that <paramref name="pointer"/> names.</summary>
    public void Replace(string pointer, string content) => _objects[pointer.Split("sha256:")[1][..64]] = Encoding.UTF8.GetBytes(content);

    public static string Pointer(string oid, long size) =>
        string.Create(CultureInfo.InvariantCulture, $"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n");

    private async Task<bool> AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (!path.Contains("lfs", StringComparison.Ordinal))
        {
            return false;
        }

        Requests.Enqueue((path, context.Request.Headers.Authorization.ToString(), context.Request.Headers["X-Ticket"].ToString()));
        if (path.EndsWith(".git/info/lfs/objects/batch", StringComparison.Ordinal) && context.Request.Method == "POST")
        {
            await BatchAsync(context);
        }
        else if (path.StartsWith("/lfs-objects/", StringComparison.Ordinal) && _objects.TryGetValue(path[13..], out var content))
        {
            await context.Response.Body.WriteAsync(content);
        }
        else
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }

        return true;
    }

    private async Task BatchAsync(HttpContext context)
    {
        using var question = await JsonDocument.ParseAsync(context.Request.Body);
        var objects = question.RootElement.GetProperty("objects").EnumerateArray().Select(asked =>
        {
            var answer = Describe(asked.GetProperty("oid").GetString()!);
            answer["oid"] = asked.GetProperty("oid").GetString();
            answer["size"] = asked.GetProperty("size").GetInt64();
            return (JsonNode)answer;
        });
        context.Response.ContentType = "application/vnd.git-lfs+json";
        await context.Response.WriteAsync(new JsonObject { ["transfer"] = "basic", ["objects"] = new JsonArray([.. objects]) }.ToJsonString());
    }
}
