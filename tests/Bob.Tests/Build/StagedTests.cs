using ImageBuilder.Testing;

namespace ImageBuilder.Bob.Tests.Build;

/// <summary>Tests with a <see cref="BuildStage"/> each. Where the machine lacks what it takes, or one of <paramref name="programs"/>, there is none, and what needs it is skipped.</summary>
#pragma warning disable CA1001 // xunit disposes it: IAsyncLifetime
public abstract class StagedTests(params string[] programs) : IAsyncLifetime
#pragma warning restore CA1001
{
    private BuildStage? _stage;

    /// <summary>The stage.</summary>
    protected BuildStage Stage => _stage!;

    /// <inheritdoc />
    public async Task InitializeAsync()
    {
        if (MachinePrograms.WhyNot(["docker-registry", "skopeo", .. programs]) is null)
        {
            _stage = await BuildStage.StartAsync();
            await SetUpAsync();
        }
    }

    /// <inheritdoc />
    public virtual async Task DisposeAsync() => await (_stage?.DisposeAsync() ?? default);

    /// <summary>Sets up what else the tests need beside the stage.</summary>
    protected virtual Task SetUpAsync() => Task.CompletedTask;

    /// <summary>An attempt at <paramref name="dockerfile"/>, with <paramref name="files"/> beside it.</summary>
    protected Task<BuildAttempt> PrepareAsync(string dockerfile, params (string Path, string Text)[] files) =>
        Stage.PrepareAsync(files.Append(("Dockerfile", dockerfile)).ToDictionary(file => file.Item1, file => file.Item2));
}
