using System.Collections.Immutable;
using System.Text;
using Google.Protobuf.Collections;
using Grpc.Core;
using ImageBuilder.Builds;
using ImageBuilder.Contracts.V1;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Gateway.Requests;

/// <summary>Reads what a Dockerfile is to be built with. Its bounds keep it within what a builder's environment takes.</summary>
internal static class ExtrasReader
{
    private const int MaxEntries = 128;
    private const int MaxBytes = 16 << 10;

    /// <summary>The extras that are meant; none without a message.</summary>
    /// <exception cref="RpcException">InvalidArgument.</exception>
    public static BuildExtras Read(Extras? extras) => extras is null ? BuildExtras.None : new BuildExtras
    {
        Arguments = ReadMap("extras.build_args", extras.BuildArgs, BuildNames.IsArgument, "letters, digits and \"_\", up to 256, not begin with a digit, and be none that engines give a meaning of their own, such as BUILDKIT_… and HTTP_PROXY"),
        Labels = ReadMap("extras.labels", extras.Labels, BuildNames.IsLabel, "up to 256 characters, no blanks and no \"=\""),
        Stage = extras.TargetStage.Length == 0 || BuildNames.IsStage(extras.TargetStage)
            ? extras.TargetStage
            : throw BuildsRequestReader.Invalid("extras.target_stage", "must be the name or number of a stage, up to 128 characters"),
        Platform = extras.Platform.Length == 0 || Platform.TryParse(extras.Platform, out _)
            ? extras.Platform
            : throw BuildsRequestReader.Invalid("extras.platform", "must have the form linux/amd64 or linux/arm/v7"),
    };

    private static ImmutableDictionary<string, string> ReadMap(string field, MapField<string, string> entries, Func<string, bool> isName, string names)
    {
        if (entries.Count > MaxEntries || entries.Sum(entry => Encoding.UTF8.GetByteCount(entry.Key) + Encoding.UTF8.GetByteCount(entry.Value)) > MaxBytes)
        {
            throw BuildsRequestReader.Invalid(field, $"must be at most {MaxEntries} whose names and values take at most {MaxBytes} bytes");
        }

        return entries.Keys.Any(name => !isName(name)) ? throw BuildsRequestReader.Invalid(field, $"names must have {names}")
            : entries.Values.Any(value => value.Any(c => char.IsControl(c) && c is not ('\t' or '\r' or '\n')))
                ? throw BuildsRequestReader.Invalid(field, "values must have no control characters but tab and line ends")
            : entries.ToImmutableDictionary(StringComparer.Ordinal);
    }
}
