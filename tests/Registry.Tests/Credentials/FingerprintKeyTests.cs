using ImageBuilder.Registry.Credentials;

namespace ImageBuilder.Registry.Tests.Credentials;

public sealed class FingerprintKeyTests
{
    private static readonly RegistryCredential s_credential = RegistryCredential.Basic("user", "password");

    [Fact]
    public void Of_SameCredential_IsTheSameWithOneKeyAlone()
    {
        var key = new FingerprintKey();

        key.Of(s_credential).ShouldBe(key.Of(RegistryCredential.Basic("user", "password")));
        key.Of(s_credential).ShouldNotBe(new FingerprintKey().Of(s_credential));
    }

    [Fact]
    public void Of_NoCredential_IsAnonymous() => new FingerprintKey().Of(null).ShouldBe(RegistryCredential.AnonymousFingerprint);
}
