using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ImageBuilder.Bob.Outcomes;

namespace ImageBuilder.Bob.Init;

/// <summary>
/// Puts the files that a repository keeps in LFS in the place of their pointers, by the batch API of git-lfs (docs/api/batch.md) and its basic transfers. git-lfs itself is not
/// run: it takes servers, helpers and programs from the repository. The login goes to the repository's own server alone, and what comes is what the pointer says, to the byte.
/// </summary>
internal sealed class LfsFiles(Git git, GitRemote remote, ForeignServers servers, GitLogin? login)
{
    private const int BatchSize = 100;
    private const int Downloads = 4;
    private const int MaximumAnswer = 4 << 20;
    private const int MaximumConfiguration = 64 << 10;
    private const string MediaType = "application/vnd.git-lfs+json";

    /// <summary>Fetches those of the repository in <paramref name="folder"/>.</summary>
    /// <param name="folder">A work tree.</param>
    /// <param name="source">Where it came from.</param>
    /// <param name="temporary">A folder beside it, for what is on its way.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="BobException">One cannot be had.</exception>
    public async Task FetchAsync(string folder, GitRemote source, string temporary, CancellationToken cancellationToken)
    {
        var paths = await git.ListAsync(["-C", folder, "ls-files", "-z", "--", ":(attr:filter=lfs)"], cancellationToken);
        var files = paths
            .Select(path => (Path: path, Pointer: LfsPointer.Read(new FileInfo(Path.Combine(folder, path)))))
            .Where(file => file.Pointer is not null)
            .GroupBy(file => file.Pointer!, file => file.Path)
            .ToDictionary(group => group.Key, group => group.Order(StringComparer.Ordinal).ToList());
        if (files.Count == 0)
        {
            return;
        }

        Console.WriteLine($"fetching {files.Count} files from LFS, {files.Keys.Sum(pointer => (decimal)pointer.Size)} bytes");
        var server = await ServerAsync(folder, source, cancellationToken);
        Directory.CreateDirectory(temporary);
        foreach (var batch in files.Chunk(BatchSize))
        {
            var actions = await AskAsync(server, [.. batch.Select(file => file.Key)], cancellationToken);
            await Parallel.ForEachAsync(batch, new ParallelOptions { MaxDegreeOfParallelism = Downloads, CancellationToken = cancellationToken }, async (file, stop) =>
            {
                var (pointer, places) = (file.Key, file.Value.ConvertAll(path => Path.Combine(folder, path)));
                var action = actions.GetValueOrDefault(pointer.Oid) ?? throw Failed(file.Value[0], "the server says nothing of it");
                var part = Path.Combine(temporary, $"{pointer.Oid}-{pointer.Size}");
                await DownloadAsync(server, action, pointer, file.Value[0], part, stop);
                places.ForEach(place => Replace(part, place));
                File.Delete(part);
            });
        }

        Directory.Delete(temporary, recursive: true);
    }

    // Over what stands there, which keeps its mode.
    private static void Replace(string part, string place)
    {
        using var source = File.OpenRead(part);
        using var target = new FileStream(place, FileMode.Truncate, FileAccess.Write);
        source.CopyTo(target);
    }

    /// <summary>The repository's LFS server: beside it, or where its .lfsconfig says, if that is on the same server; of one behind ssh where that server says.</summary>
    private async Task<LfsServer> ServerAsync(string folder, GitRemote source, CancellationToken cancellationToken)
    {
        var named = await NamedServerAsync(folder, source, cancellationToken);
        return source.Ssh is { } place
            ? await AskForServerAsync(place, source, cancellationToken)
            : new LfsServer(named ?? Beside(source.Address)) { Login = login };
    }

    private static string Beside(string repository)
    {
        var address = repository.TrimEnd('/');
        return $"{address}{(address.EndsWith(".git", StringComparison.Ordinal) ? string.Empty : ".git")}/info/lfs";
    }

    private async Task<LfsServer> AskForServerAsync(SshPlace place, GitRemote source, CancellationToken cancellationToken)
    {
        var quoted = place.Path.Replace("'", @"'\''", StringComparison.Ordinal);
        var (exitCode, output) = await git.RunOnServerAsync(place, $"git-lfs-authenticate '{quoted}' download", MaximumConfiguration, cancellationToken);
        if (exitCode != 0)
        {
            throw GitFailure.Because(
                remote.Address, $"it keeps files in LFS, and its ssh server does not say where (git-lfs-authenticate ended with {exitCode}); name it by https to have them");
        }

        try
        {
            // What the server's shell greets with may stand before it.
            var answer = output.AsMemory();
            return LfsServer.Read(answer[Math.Max(0, answer.Span.IndexOf((byte)'{'))..], Beside($"https://{source.Host}/{place.Path.TrimStart('/')}"));
        }
        catch (JsonException)
        {
            throw GitFailure.Because(remote.Address, "it keeps files in LFS, and what its ssh server says of where cannot be read");
        }
    }

    private async Task<string?> NamedServerAsync(string folder, GitRemote source, CancellationToken cancellationToken)
    {
        var file = new FileInfo(Path.Combine(folder, ".lfsconfig"));
        if (!file.Exists || file.LinkTarget is not null || file.Length > MaximumConfiguration)
        {
            return null;
        }

        var settings = await git.ListAsync(["-C", folder, "config", "--file", ".lfsconfig", "--no-includes", "--null", "--get-all", "lfs.url"], cancellationToken);
        if (settings.LastOrDefault() is not { } named)
        {
            return null;
        }

        if (GitRemote.TryParse(named, out var other, out _) && other.Server.Length > 0 && other.Server == source.Server)
        {
            return other.Address.TrimEnd('/');
        }

        Console.WriteLine("ignored lfs.url of .lfsconfig: it may name the repository's own server alone");
        return null;
    }

    /// <summary>Asks where objects are; gives the answer for each by its name.</summary>
    private async Task<Dictionary<string, JsonElement?>> AskAsync(LfsServer server, LfsPointer[] pointers, CancellationToken cancellationToken)
    {
        var address = new Uri($"{server.Address}/objects/batch");
        var question = new JsonObject
        {
            ["operation"] = "download",
            ["transfers"] = new JsonArray("basic"),
            ["objects"] = new JsonArray([.. pointers.Select(pointer => new JsonObject { ["oid"] = pointer.Oid, ["size"] = pointer.Size })]),
            ["hash_algo"] = "sha256",
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent(question.ToJsonString(), Encoding.UTF8) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(MediaType);
        request.Headers.Accept.ParseAdd(MediaType);
        server.Open(address, request.Headers);
        using var answer = await servers.SendAsync(request, cancellationToken);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            throw GitFailure.Because(remote.Address, $"it keeps files in LFS, and {Meaning(answer.StatusCode)}");
        }

        try
        {
            using var body = new MemoryStream();
            await CopyAsync(await answer.Content.ReadAsStreamAsync(cancellationToken), body, MaximumAnswer, cancellationToken);
            var objects = JsonDocument.Parse(body.ToArray()).RootElement.GetProperty("objects").EnumerateArray();
            return objects.DistinctBy(one => one.GetProperty("oid").GetString()!).ToDictionary(one => one.GetProperty("oid").GetString()!, one => (JsonElement?)one);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException or InvalidDataException or HttpRequestException or HttpIOException)
        {
            throw GitFailure.Because(remote.Address, "it keeps files in LFS, and the LFS server's answer cannot be read");
        }
    }

    private async Task DownloadAsync(LfsServer server, JsonElement answer, LfsPointer pointer, string path, string part, CancellationToken cancellationToken)
    {
        var (address, headers) = ReadAction(answer, path);
        using var response = await servers.GetAsync(
            address,
            request =>
            {
                foreach (var (name, value) in headers)
                {
                    request.TryAddWithoutValidation(name, value);
                }

                server.Open(address, request);
            },
            cancellationToken);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw Failed(path, Meaning(response.StatusCode));
        }

        await using var file = new FileStream(part, FileMode.Create, FileAccess.ReadWrite);
        try
        {
            await CopyAsync(await response.Content.ReadAsStreamAsync(cancellationToken), file, pointer.Size, cancellationToken);
        }
        catch (Exception error) when (error is HttpRequestException or HttpIOException)
        {
            throw Failed(path, "the connection broke off");
        }
        catch (InvalidDataException)
        {
            throw Failed(path, "what the server sends is not what the repository says");
        }

        file.Position = 0;
        if (Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken)) != pointer.Oid)
        {
            throw Failed(path, "what the server sends is not what the repository says");
        }
    }

    private (Uri Address, IReadOnlyList<(string Name, string Value)> Headers) ReadAction(JsonElement answer, string path)
    {
        try
        {
            if (answer.TryGetProperty("error", out var error))
            {
                throw Failed(path, Meaning((HttpStatusCode)error.GetProperty("code").GetInt32()));
            }

            var action = answer.GetProperty("actions").GetProperty("download");
            var headers = LfsServer.Headers(action);
            return (new Uri(action.GetProperty("href").GetString()!, UriKind.Absolute), headers);
        }
        catch (Exception exception) when (exception is KeyNotFoundException or InvalidOperationException or FormatException or ArgumentNullException)
        {
            throw Failed(path, "the LFS server's answer cannot be read");
        }
    }

    /// <exception cref="InvalidDataException">There is more than <paramref name="limit"/> bytes.</exception>
    private static async Task CopyAsync(Stream source, Stream target, long limit, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 << 10];
        for (long length = 0; await source.ReadAsync(buffer, cancellationToken) is > 0 and var count;)
        {
            length += count;
            if (length > limit)
            {
                throw new InvalidDataException();
            }

            await target.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }

    private static string Meaning(HttpStatusCode status) => (int)status switch
    {
        401 or 403 => "the LFS server asks for credentials that the request does not have",
        404 or 410 => "the LFS server does not have it",
        var code => $"the LFS server answers {code}",
    };

    private BobException Failed(string path, string reason) => GitFailure.Because(remote.Address, $"file \"{Shown.Of(path)}\" is kept in LFS and cannot be had: {reason}");
}
