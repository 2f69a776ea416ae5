using System.Collections.Immutable;
using Grpc.Core;
using ImageBuilder.Builds.Identity;
using ImageBuilder.Contracts;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Gateway.Requests;

/// <summary>Reads which registry credentials a request may use (wire contract, Registry credentials).</summary>
internal sealed class RegistryAccessReader(ImageRepositories repositories)
{
    private const int MaxHosts = 1_000;
    private const int MaxHostLength = 300;
    private const int MaxCredentialLength = 64 * 1024;

    private readonly string _baseHost = ImageReference.Parse(repositories.BaseImages).Domain;
    private readonly string _workspaceHost = ImageReference.Parse(repositories.WorkspaceImages).Domain;

    /// <summary>The access that <paramref name="auth"/> asks for; none without it.</summary>
    /// <exception cref="RpcException">InvalidArgument: there is too much of it.</exception>
    public RegistryAccessMessage Read(BuildRegistryAuth? auth)
    {
        if (auth is null)
        {
            return RegistryAccessMessage.Nothing;
        }

        var hosts = new List<string>();
        if (auth.Selective is { } selective)
        {
            if (selective.AllowBaserep)
            {
                hosts.Add(_baseHost);
            }

            if (selective.AllowWorkspacerep)
            {
                hosts.Add(_workspaceHost);
            }

            hosts.AddRange(selective.AnyOf);
        }

        if (hosts.Count > MaxHosts || hosts.Any(host => host.Length > MaxHostLength))
        {
            throw TooMuch($"auth.selective.any_of: at most {MaxHosts} hosts of {MaxHostLength} characters");
        }

        if (auth.Additional.Count > MaxHosts
            || auth.Additional.Any(entry => entry.Key.Length > MaxHostLength || entry.Value.Length > MaxCredentialLength))
        {
            throw TooMuch($"auth.additional: at most {MaxHosts} hosts of {MaxHostLength} characters, with {MaxCredentialLength} characters each");
        }

        return new RegistryAccessMessage(auth.Total?.AllowAll ?? false, [.. hosts], auth.Additional.ToImmutableDictionary());
    }

    /// <summary>The same access, and the registry of base images, where the request says which registries it may use.</summary>
    public RegistryAccessMessage WithBaseRepository(RegistryAccessMessage access, BuildRegistryAuth? auth) =>
        auth?.Selective is null ? access : access with { AllowedHosts = access.AllowedHosts.Add(_baseHost) };

    private static RpcException TooMuch(string bound) => new(new Status(StatusCode.InvalidArgument, bound));
}
