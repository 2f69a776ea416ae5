using System.Text.Json.Nodes;
using ImageBuilder.Sandbox.Registry;

namespace ImageBuilder.Sandbox.Cluster;

/// <summary>The certificates by which the members of a cluster know each other.</summary>
internal static class MemberCertificates
{
    /// <summary>Makes an authority below <paramref name="folder"/>, and gives what has a member's configuration name its certificate and one of its own.</summary>
    public static Action<JsonObject> AmendIn(string folder)
    {
        var authority = PrivateAuthority.Create(folder);
        return configuration =>
        {
            var cluster = configuration["cluster"]!.AsObject();
            var (certificate, key) = authority.WriteMember(folder, (string)cluster["siloName"]!);
            cluster["tls"] = new JsonObject { ["caPath"] = authority.CertificateFile, ["certPath"] = certificate, ["keyPath"] = key };
        };
    }
}
