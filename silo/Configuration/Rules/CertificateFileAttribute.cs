using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ImageBuilder.Silo.Configuration.Rules;

/// <summary>The path of a PEM file that holds a certificate at least.</summary>
internal sealed class CertificateFileAttribute : RuleAttribute
{
    /// <inheritdoc />
    public override string Allowed => "the path of a PEM file of certificates";

    /// <inheritdoc />
    public override string? Check(object value)
    {
        var path = (string)value;
        if (ReadableFileAttribute.Problem(path) is { } problem)
        {
            return problem;
        }

        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPemFile(path);
            return certificates.Count > 0 ? null : "holds no certificate";
        }
        catch (CryptographicException)
        {
            return "holds a certificate that cannot be read";
        }
        finally
        {
            foreach (var certificate in certificates)
            {
                certificate.Dispose();
            }
        }
    }
}
