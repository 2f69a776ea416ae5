using Google.Protobuf;
using Grpc.Core;

namespace ImageBuilder.Grpc.Tests.Calls;

internal static class MarshallerOf
{
    /// <summary>Over whole arrays, unlike the generated ones.</summary>
    public static readonly Marshaller<EchoMessage> EchoMessage =
        Marshallers.Create(message => message.ToByteArray(), Tests.EchoMessage.Parser.ParseFrom);
}
