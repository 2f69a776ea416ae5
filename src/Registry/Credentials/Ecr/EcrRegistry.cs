using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace ImageBuilder.Registry.Credentials.Ecr;

/// <summary>A private registry of Amazon ECR, <c>123456789012.dkr.ecr.eu-west-1.amazonaws.com</c>.</summary>
/// <param name="Account">The number of the AWS account that owns it.</param>
/// <param name="Region">The AWS region that it is in.</param>
public sealed partial record EcrRegistry(string Account, string Region)
{
    /// <summary>
    /// The host under which a proxy is given one credential for every ECR registry that it has no other one for (wire contract, bob).
    /// </summary>
    public const string Wildcard = "000000000000.dkr.ecr.dummy-host-zone.amazonaws.com";

    /// <summary>Reads a registry's host, normalised; false where it is no ECR registry.</summary>
    public static bool TryParse(string host, [NotNullWhen(true)] out EcrRegistry? registry)
    {
        var match = HostPattern().Match(host);
        registry = match.Success ? new EcrRegistry(match.Groups["account"].Value, match.Groups["region"].Value) : null;
        return match.Success;
    }

    [GeneratedRegex(@"\A(?<account>[0-9]{12})\.dkr\.ecr\.(?<region>[a-z0-9]+(?:-[a-z0-9]+)+)\.amazonaws\.com\z")]
    private static partial Regex HostPattern();
}
