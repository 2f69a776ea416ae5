using System.CommandLine;
using Grpc.Net.Client;
using BuildsClient = ImageBuilder.Contracts.V1.Builds.BuildsClient;
using BuilderService = ImageBuilder.Contracts.ImageBuilder;

namespace ImageBuilder.Cli.Requests;

/// <summary>Option <c>--address</c>: which service is called.</summary>
internal sealed class ServiceOption : Option<Uri>
{
    public ServiceOption()
        : base("--address")
    {
        Description = "Address of the service's gRPC port.";
        DefaultValueFactory = _ => new Uri("http://127.0.0.1:8080");
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
            {
                return address;
            }

            result.AddError("--address is a URL such as http://127.0.0.1:8080 or https://builds.example.com.");
            return null;
        };
    }

    /// <summary>Calls the service that the command line names.</summary>
    public async Task<int> CallAsync(ParseResult parsed, Func<BuilderService.ImageBuilderClient, Task<int>> call)
    {
        using var channel = GrpcChannel.ForAddress(parsed.GetRequiredValue(this));
        return await call(new BuilderService.ImageBuilderClient(channel));
    }

    /// <summary>Calls the API of the service's own.</summary>
    public async Task<int> CallBuildsAsync(ParseResult parsed, Func<BuildsClient, Task<int>> call)
    {
        using var channel = GrpcChannel.ForAddress(parsed.GetRequiredValue(this));
        return await call(new BuildsClient(channel));
    }
}
