using System.Text.Json;
using ImageBuilder.Bob.Init;
using ImageBuilder.Bob.Outcomes;
using ImageBuilder.Bob.Workspaces;

namespace ImageBuilder.Bob.Commands;

/// <summary><c>bob init</c>: fetches the build context.</summary>
internal static class InitVerb
{
    private const int MaximumInput = 1 << 20;

    /// <summary>Fetches what the initializer on stdin says, then says that it is there.</summary>
    /// <param name="caBundles">PEM files of certificate authorities that are trusted beside the system's.</param>
    public static Task<int> RunAsync(IReadOnlyList<string> caBundles)
    {
        var workspace = Workspace.FromEnvironment();
        return Verb.RunAsync(
            async stop =>
            {
                var limits = ContextLimits.Read(Environment.GetEnvironmentVariable);
                var initializer = await ReadAsync(stop);
                if (initializer.Git is { } git)
                {
                    using var authorities = await CombineAsync(caBundles, stop);
                    await new GitContext(workspace, git, authorities?.FilePath, limits, TimeProvider.System).FetchAsync(stop);
                }

                workspace.Outcomes.WriteReady();
            },
            outcome =>
            {
                if (!outcome.Succeeded)
                {
                    workspace.Outcomes.Write(outcome);
                }
            });
    }

    private static async Task<CertificateAuthorities?> CombineAsync(IReadOnlyList<string> caBundles, CancellationToken stop)
    {
        try
        {
            return await CertificateAuthorities.CombineAsync(caBundles, stop);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException || (exception is IOException failure && !OutOfDisk.IsCause(failure)))
        {
            throw new UsageException($"--ca-bundle: {exception.Message}");
        }
    }

    private static async Task<Initializer> ReadAsync(CancellationToken stop)
    {
        try
        {
            var initializer = JsonSerializer.Deserialize(await BoundedInput.ReadAsync(MaximumInput, stop), InitializerJson.Default.Initializer);
            return initializer switch
            {
                { Git: not null, Empty: null } or { Git: null, Empty: not null } => initializer,
                _ => throw new UsageException("stdin: must be {\"git\":{…}} or {\"empty\":{}}"),
            };
        }
        catch (JsonException exception)
        {
            // The path names the place; the message could quote the value, which may be a secret.
            throw new UsageException($"stdin: not an initializer; the error is at {exception.Path ?? "its beginning"}");
        }
    }
}
