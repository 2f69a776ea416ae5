using Grpc.Core;
using ImageBuilder.Contracts;
using BuilderService = ImageBuilder.Contracts.ImageBuilder;

namespace ImageBuilder.Sandbox.Figures;

/// <summary>The bare echo that resolves are held against: the same gRPC stack and messages, and nothing behind them.</summary>
internal sealed class EchoService : BuilderService.ImageBuilderBase
{
    /// <inheritdoc />
    public override Task<ResolveBaseImageResponse> ResolveBaseImage(ResolveBaseImageRequest request, ServerCallContext context) =>
        Task.FromResult(new ResolveBaseImageResponse { Ref = request.Ref });
}
