using System.Text.Json;
using Grpc.Core;
using ImageBuilder.Contracts;
using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox.Images;
using ImageBuilder.Sandbox.Registry;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Integration.Tests.Builds;

/// <summary>Where the installation's credentials may come from, beside a docker config file that holds them.</summary>
[Collection(SharedService.Name)]
public sealed class InstallationCredentialTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("imagebuilder-credentials-");
    private RegistryServer? _registry;

    public async Task InitializeAsync()
    {
        if (ServiceFactAttribute.MissingReason is null)
        {
            _registry = await RegistryServer.StartAsync(Path.Combine(_folder.FullName, "registry"));
        }
    }

    public async Task DisposeAsync()
    {
        if (_registry is not null)
        {
            await _registry.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    [ServiceFact]
    public async Task Build_CredentialHelper_OpensTheRegistryForResolvingPullingAndPushing()
    {
        var helper = Path.Combine(_folder.FullName, "docker-credential-sandbox");
        var answer = JsonSerializer.Serialize(new { ServerURL = _registry!.Host, Username = _registry.User, Secret = _registry.Password });
        await File.WriteAllTextAsync(helper, $"#!/bin/sh\n[ \"$(cat)\" = {_registry.Host} ] && echo '{answer}' || {{ echo 'credentials not found in native keychain'; exit 1; }}\n");
        File.SetUnixFileMode(helper, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var config = Path.Combine(_folder.FullName, "config.json");
        await File.WriteAllTextAsync(config, JsonSerializer.Serialize(new { credHelpers = new Dictionary<string, string> { [_registry.Host] = "sandbox" } }));
        var baseImage = await BaseImage.PushAsync(_registry);
        await using var service = await StartAsync(config, new() { ["PATH"] = $"{_folder.FullName}:{Environment.GetEnvironmentVariable("PATH")}" });
        using var client = new ServiceClient(service.Address);
        using var log = new MemoryStream();

        var responses = await client.BuildAsync(
            new BuildRequest { Source = new BuildSource { Ref = new BuildSourceReference { Ref = baseImage } }, Auth = BuildRequests.AllCredentials }, log);

        responses[^1].Status.ShouldBe(BuildStatus.DoneSuccess, responses[^1].Message);
    }

    [ServiceFact]
    public async Task ResolveBaseImage_EcrWithoutAnIdentity_SaysWhatIsMissing()
    {
        var config = Path.Combine(_folder.FullName, "config.json");
        await File.WriteAllTextAsync(config, "{}");
        await using var service = await StartAsync(config, new() { ["AWS_PROFILE"] = "nobody", ["AWS_ACCESS_KEY_ID"] = "", ["AWS_WEB_IDENTITY_TOKEN_FILE"] = "", ["AWS_ENDPOINT_URL_ECR"] = "http://127.0.0.1:9" });
        using var client = new ServiceClient(service.Address);

        var refused = await Should.ThrowAsync<RpcException>(async () =>
            await client.Rpc.ResolveBaseImageAsync(new ResolveBaseImageRequest { Ref = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1" }));

        refused.StatusCode.ShouldBe(StatusCode.Internal);
        refused.Status.Detail.ShouldStartWith("cannot resolve image: cannot get a token for ECR registry 123456789012.dkr.ecr.eu-west-1.amazonaws.com: this machine has no AWS identity");
    }

    private Task<TestedService> StartAsync(string config, Dictionary<string, string> variables) => TestedService.StartAsync(new ServiceOptions
    {
        DataFolder = Path.Combine(_folder.FullName, "service"),
        RegistryHost = _registry!.Host,
        AuthFile = config,
        Variables = variables,
        Amend = configuration => configuration["orchestrator"]!["enableAdditionalECRAuth"] = true,
    });
}
