using ImageBuilder.Registry.Credentials;

namespace ImageBuilder.Registry.Tests.Credentials;

public sealed class RegistryCredentialTests
{
    private static readonly byte[] Key = "a key of this process"u8.ToArray();

    [Fact]
    public void Fingerprint_SamePartsInOtherPlaces_Differ()
    {
        var credentials = new[]
        {
            RegistryCredential.Basic("ab", "c"),
            RegistryCredential.Basic("a", "bc"),
            RegistryCredential.Basic("abc", ""),
            new RegistryCredential { IdentityToken = "abc" },
            new RegistryCredential { RegistryToken = "abc" },
            new RegistryCredential { RawAuth = "abc" },
        };

        credentials.Select(credential => credential.Fingerprint(Key)).Distinct().Count().ShouldBe(credentials.Length);
    }

    [Fact]
    public void Fingerprint_EqualCredentials_AreEqualUnderOneKeyOnly()
    {
        RegistryCredential.Basic("a", "b").Fingerprint(Key).ShouldBe(RegistryCredential.Basic("a", "b").Fingerprint(Key));
        RegistryCredential.Basic("a", "b").Fingerprint(Key).ShouldNotBe(RegistryCredential.Basic("a", "b").Fingerprint("another"u8));
        RegistryCredential.Basic("a", "b").Fingerprint(Key).Length.ShouldBe(64);
    }

    [Fact]
    public void Fingerprint_NothingInIt_IsTheConstant()
    {
        new RegistryCredential().Fingerprint(Key).ShouldBe(RegistryCredential.AnonymousFingerprint);
        RegistryCredential.Basic("", "").Fingerprint(Key).ShouldBe(RegistryCredential.AnonymousFingerprint);
    }

    [Theory]
    [InlineData("ann", "s3cret", null, "YW5uOnMzY3JldA==")]
    [InlineData("ann", "s3cret", "raw", "YW5uOnMzY3JldA==")]
    [InlineData("ann", null, null, "YW5uOg==")]
    [InlineData(null, null, "raw", "raw")]
    [InlineData(null, null, null, null)]
    public void Auth_OfUserAndPasswordOrRawValue_IsWhatDockerConfigsHave(string? username, string? password, string? raw, string? auth)
    {
        new RegistryCredential { Username = username, Password = password, RawAuth = raw }.Auth.ShouldBe(auth);
    }

    [Fact]
    public void ToString_AnyKind_ShowsNoPart()
    {
        foreach (var credential in new[]
        {
            RegistryCredential.Basic("s3cret", "s3cret"),
            new RegistryCredential { IdentityToken = "s3cret" },
            new RegistryCredential { RegistryToken = "s3cret" },
            new RegistryCredential { RawAuth = "s3cret" },
        })
        {
            $"{credential}".ShouldNotContain("s3cret");
        }
    }
}
