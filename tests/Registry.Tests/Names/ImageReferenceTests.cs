using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Tests.Names;

public sealed class ImageReferenceTests
{
    private const string Hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [Theory]
    // Familiar names are Docker Hub's.
    [InlineData("debian", "docker.io", "library/debian", null, "debian")]
    [InlineData("debian:12", "docker.io", "library/debian", "12", "debian:12")]
    [InlineData("library/debian", "docker.io", "library/debian", null, "debian")]
    [InlineData("docker.io/debian", "docker.io", "library/debian", null, "debian")]
    [InlineData("docker.io/library/debian", "docker.io", "library/debian", null, "debian")]
    [InlineData("index.docker.io/debian", "docker.io", "library/debian", null, "debian")]
    [InlineData("index.docker.io/library/debian:12", "docker.io", "library/debian", "12", "debian:12")]
    [InlineData("gitpod/workspace-full", "docker.io", "gitpod/workspace-full", null, "gitpod/workspace-full")]
    [InlineData("docker.io/gitpod/workspace-full", "docker.io", "gitpod/workspace-full", null, "gitpod/workspace-full")]
    [InlineData("a/b/c", "docker.io", "a/b/c", null, "a/b/c")]
    [InlineData("docker.io/library/a/b", "docker.io", "library/a/b", null, "library/a/b")]
    // A first component with a dot, a colon or an uppercase letter, and localhost, is a host.
    [InlineData("localhost/debian", "localhost", "debian", null, "localhost/debian")]
    [InlineData("localhost:5000/debian:12", "localhost:5000", "debian", "12", "localhost:5000/debian:12")]
    [InlineData("127.0.0.1:5000/a/b:c", "127.0.0.1:5000", "a/b", "c", "127.0.0.1:5000/a/b:c")]
    [InlineData("registry.example.com/a", "registry.example.com", "a", null, "registry.example.com/a")]
    [InlineData("Registry.Example.com/a", "Registry.Example.com", "a", null, "Registry.Example.com/a")]
    [InlineData("HOST/a", "HOST", "a", null, "HOST/a")]
    [InlineData("host:80/a", "host:80", "a", null, "host:80/a")]
    [InlineData("[::1]/a", "[::1]", "a", null, "[::1]/a")]
    [InlineData("[2001:db8::1]:5000/a/b:c", "[2001:db8::1]:5000", "a/b", "c", "[2001:db8::1]:5000/a/b:c")]
    [InlineData("xn--n3h.com/myimage", "xn--n3h.com", "myimage", null, "xn--n3h.com/myimage")]
    [InlineData("xn--7o8h.com/myimage:xn--7o8h.com", "xn--7o8h.com", "myimage", "xn--7o8h.com", "xn--7o8h.com/myimage:xn--7o8h.com")]
    // No slash: it is a name and a tag, not a host and a port.
    [InlineData("test.com:8080", "docker.io", "library/test.com", "8080", "test.com:8080")]
    [InlineData("localhost", "docker.io", "library/localhost", null, "localhost")]
    // Separators.
    [InlineData("a.b_c__d-e---f", "docker.io", "library/a.b_c__d-e---f", null, "a.b_c__d-e---f")]
    [InlineData("example.com/foo_bar.com:8080", "example.com", "foo_bar.com", "8080", "example.com/foo_bar.com:8080")]
    [InlineData("1/2", "docker.io", "1/2", null, "1/2")]
    [InlineData("a:_T.a-g_", "docker.io", "library/a", "_T.a-g_", "a:_T.a-g_")]
    [InlineData("sub-dom1.foo.com/bar/baz/quux:some-long-tag", "sub-dom1.foo.com", "bar/baz/quux", "some-long-tag", "sub-dom1.foo.com/bar/baz/quux:some-long-tag")]
    [InlineData("b.gcr.io/test.example.com/my-app:test.example.com", "b.gcr.io", "test.example.com/my-app", "test.example.com", "b.gcr.io/test.example.com/my-app:test.example.com")]
    [InlineData("192.168.1.1:5000/repo", "192.168.1.1:5000", "repo", null, "192.168.1.1:5000/repo")]
    [InlineData("192.168.1.1", "docker.io", "library/192.168.1.1", null, "192.168.1.1")]
    // 64 hexadecimal digits are refused only where they are all there is.
    [InlineData(Hex + ":1", "docker.io", "library/" + Hex, "1", "docker.io/library/" + Hex + ":1")]
    [InlineData("library/" + Hex, "docker.io", "library/" + Hex, null, "docker.io/library/" + Hex)]
    // What would be read as another registry's keeps its host.
    [InlineData("docker.io/localhost/a", "docker.io", "localhost/a", null, "docker.io/localhost/a")]
    [InlineData("docker.io/a.b/c:d", "docker.io", "a.b/c", "d", "docker.io/a.b/c:d")]
    public void Parse_ValidName_IsNormalisedAsDockerDoes(string text, string domain, string path, string? tag, string familiar)
    {
        var reference = ImageReference.Parse(text);

        reference.Domain.ShouldBe(domain);
        reference.Path.ShouldBe(path);
        reference.Tag.ShouldBe(tag);
        reference.Digest.ShouldBeNull();
        reference.RepositoryName.ShouldBe($"{domain}/{path}");
        reference.ToString().ShouldBe($"{domain}/{path}{(tag is null ? "" : ":" + tag)}");
        reference.Familiar.ShouldBe(familiar);
        reference.Identifier.ShouldBe(tag ?? "latest");
    }

    [Fact]
    public void Parse_Digest_IsKept()
    {
        var reference = ImageReference.Parse($"debian@sha256:{Hex}");

        reference.Tag.ShouldBeNull();
        reference.Digest.ToString().ShouldBe($"sha256:{Hex}");
        reference.Identifier.ShouldBe($"sha256:{Hex}");
        reference.ToString().ShouldBe($"docker.io/library/debian@sha256:{Hex}");
    }

    [Fact]
    public void Parse_TagAndDigest_BothAreKeptAndTheDigestCounts()
    {
        var reference = ImageReference.Parse($"localhost:5000/a:b@sha256:{Hex}");

        reference.Tag.ShouldBe("b");
        reference.Identifier.ShouldBe($"sha256:{Hex}");
        reference.ToString().ShouldBe($"localhost:5000/a:b@sha256:{Hex}");
        reference.Familiar.ShouldBe($"localhost:5000/a:b@sha256:{Hex}");
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("Debian", "lowercase")]
    [InlineData("docker.io/Debian", "lowercase")]
    [InlineData("gitpod/Workspace", "lowercase")]
    [InlineData("a//b", "components")]
    [InlineData("a/", "components")]
    [InlineData("/a", "components")]
    [InlineData("docker.io/", "components")]
    [InlineData("docker.io/docker/docker/", "components")]
    [InlineData("docker///docker", "components")]
    [InlineData("-a", "components")]
    [InlineData("a-", "components")]
    [InlineData("a..b", "components")]
    [InlineData("a___b", "components")]
    [InlineData("a._b", "components")]
    [InlineData("_docker/_docker", "components")]
    [InlineData("a b", "components")]
    [InlineData(" a", "components")]
    [InlineData("a\n", "components")]
    [InlineData("ä", "components")]
    [InlineData("https://github.com/docker/docker", "registry host")]
    [InlineData("a:", "tag")]
    [InlineData("a:.b", "tag")]
    [InlineData("a:-b", "tag")]
    [InlineData("a:b:c", "tag")]
    [InlineData("a:b\n", "tag")]
    [InlineData("a:ä", "tag")]
    [InlineData("a@", "digest")]
    [InlineData("a@sha256", "digest")]
    [InlineData("a@sha256:", "exactly 64")]
    [InlineData("a@sha256:abc", "exactly 64")]
    [InlineData("a@sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", "lowercase hexadecimal")]
    [InlineData("a@md5:d41d8cd98f00b204e9800998ecf8427e", "unsupported digest algorithm")]
    [InlineData(Hex, "image's id")]
    [InlineData("foo_bar.com/a", "registry host")]
    [InlineData("host:port/a", "registry host")]
    [InlineData("host:/a", "registry host")]
    [InlineData("a-.b/c", "registry host")]
    [InlineData(".a/c", "registry host")]
    [InlineData("[::1/a", "registry host")]
    [InlineData("[fe80::1%eth0]/a", "registry host")]
    [InlineData("[]/a", "components")]
    [InlineData("[::1]x/a", "registry host")]
    [InlineData("aa/asdf$$^/aa", "components")]
    [InlineData("a@sha256:" + Hex + "\n", "exactly 64")]
    [InlineData("a@sha256:" + Hex + "@sha256:" + Hex, "exactly 64")]
    [InlineData("a@sha512:" + Hex, "exactly 128")]
    [InlineData("host.com\n/a", "registry host")]
    [InlineData("user@host.com/a", "registry host")]
    public void Parse_InvalidName_SaysWhy(string text, string reason)
    {
        ImageReference.TryParse(text, out _).ShouldBeFalse();
        Should.Throw<InvalidReferenceException>(() => ImageReference.Parse(text)).Message.ShouldContain(reason);
    }

    [Fact]
    public void Parse_Limits_AreDistributions()
    {
        ImageReference.Parse("host.com/" + new string('a', 255)).Path.Length.ShouldBe(255);
        Should.Throw<InvalidReferenceException>(() => ImageReference.Parse("host.com/" + new string('a', 256))).Message.ShouldContain("longer than 255");
        ImageReference.Parse("a:" + new string('b', 128)).Tag!.Length.ShouldBe(128);
        Should.Throw<InvalidReferenceException>(() => ImageReference.Parse("a:" + new string('b', 129))).Message.ShouldContain("tag");
        Should.Throw<InvalidReferenceException>(() => ImageReference.Parse(new string('a', 100_000))).Message.ShouldContain("longer than 1024");
    }

    [Fact]
    public void Parse_HostileText_IsShownOnOneShortLine()
    {
        var message = Should.Throw<InvalidReferenceException>(() => ImageReference.Parse("A\r\n\u001b[31m" + new string('x', 900))).Message;

        message.ShouldNotContain("\n");
        message.ShouldNotContain("\u001b");
        message.Length.ShouldBeLessThan(400);
    }

    [Fact]
    public void With_TagOrDigest_ReplacesBoth()
    {
        var digest = Digest.Parse("sha256:" + Hex);
        var reference = ImageReference.Parse("debian:12");

        reference.WithDigest(digest).ToString().ShouldBe($"docker.io/library/debian@{digest}");
        reference.WithDigest(digest).WithTag("13").ToString().ShouldBe("docker.io/library/debian:13");
        Should.Throw<InvalidReferenceException>(() => reference.WithTag("a b"));
        reference.ShouldBe(ImageReference.Parse("docker.io/library/debian:12"));
    }
}
