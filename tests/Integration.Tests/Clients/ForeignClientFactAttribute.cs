using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Testing;

namespace ImageBuilder.Integration.Tests.Clients;

/// <summary>A <see cref="ServiceFactAttribute"/> that also needs Node and an npm registry to install clients from.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ForeignClientFactAttribute : ServiceFactAttribute
{
    private static readonly Lazy<string?> s_reason = new(FindReason);

    public ForeignClientFactAttribute() => Skip ??= s_reason.Value;

    private static string? FindReason()
    {
        if (!MachinePrograms.Exists("npm") || !MachinePrograms.Exists("node"))
        {
            return "not on this machine: node and npm";
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            return Command.RunAsync("npm", ["view", "@grpc/grpc-js@1.14.7", "version"], cancellationToken: patience.Token).GetAwaiter().GetResult().ExitCode == 0
                ? null
                : "the npm registry does not have @grpc/grpc-js";
        }
        catch (OperationCanceledException)
        {
            return "the npm registry does not answer";
        }
    }
}
