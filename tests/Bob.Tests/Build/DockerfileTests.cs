using ImageBuilder.Bob.Build;

namespace ImageBuilder.Bob.Tests.Build;

public sealed class DockerfileTests
{
    [Theory]
    [InlineData("FROM debian", "docker.io")]
    [InlineData("FROM ghcr.io/a/b:1", "docker.io ghcr.io")]
    [InlineData("from --platform=linux/amd64 ghcr.io/a/b:1 as x\nFROM x", "docker.io ghcr.io")]
    [InlineData("ARG R=quay.io\nFROM $R/a", "docker.io quay.io")]
    [InlineData("ARG R=quay.io\nARG I=${R}/a\nFROM ${I}:${T:-1}", "docker.io quay.io")]
    [InlineData("ARG R\nFROM ${R:-127.0.0.1:5000}/a", "127.0.0.1:5000 docker.io")]
    [InlineData("ARG R=\"quay.io\" S='x'\nFROM ${R:+ghcr.io}/a", "docker.io ghcr.io")]
    [InlineData("FROM debian AS one\nCOPY --from=one /a /b\nCOPY --chown=1:1 --from=quay.io/a/b /a /b", "docker.io quay.io")]
    [InlineData("FROM debian\nRUN --mount=type=bind,from=quay.io/a/b,target=/x ls", "docker.io quay.io")]
    [InlineData("FROM \\\n  # why\n  quay.io/a/b \\\n AS x", "docker.io quay.io")]
    [InlineData("# escape=`\nFROM `\n quay.io/a/b", "docker.io quay.io")]
    [InlineData("# FROM quay.io/a\nFROM scratch", "docker.io")]
    [InlineData("FROM debian\nONBUILD COPY --from=quay.io/a /a /b", "docker.io quay.io")]
    public void Parse_NamesImages_FindsTheirRegistries(string text, string registries) =>
        string.Join(' ', Dockerfile.Parse(text).Registries).ShouldBe(registries);

    [Theory]
    [InlineData("FROM a\nRUN --mount=target=/x ls", true)]
    [InlineData("FROM a\nRUN --mount=type=bind,target=/x ls", true)]
    [InlineData("FROM a\nRUN --mount=type=cache,target=/x ls", false)]
    [InlineData("FROM a\nRUN --mount=type=cache,target=/x --mount=target=/y ls", true)]
    [InlineData("FROM a\nRUN ls", false)]
    public void Parse_Mounts_KnowsThoseThatShowFiles(string text, bool expected) => Dockerfile.Parse(text).HasBindMounts.ShouldBe(expected);

    [Theory]
    [InlineData("# syntax=docker/dockerfile:1\nFROM a", "docker.io/docker/dockerfile:1")]
    [InlineData("#!/bin/x\n# escape=`\n#SYNTAX = r.example/f@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa more\nFROM a", "r.example/f@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("//syntax=r.example/f\nFROM a", "r.example/f")]
    [InlineData("{\"x\": 1,\n\"syntax\": \"r.example/f\"}", "r.example/f")]
    [InlineData("FROM a\n# syntax=docker/dockerfile:1", null)]
    [InlineData("FROM a", null)]
    public void Parse_Syntax_IsTheFrontend(string text, string? frontend) => Dockerfile.Parse(text).Syntax?.ToString().ShouldBe(frontend);

    [Fact]
    public void Parse_GivenArguments_TakeThePlaceOfTheDockerfilesOwn()
    {
        var dockerfile = Dockerfile.Parse("ARG V=1\nARG W\nARG TARGETARCH\nFROM a:$V-$W-$TARGETARCH", new Dictionary<string, string> { ["V"] = "2", ["W"] = "x" }, "linux/arm64");

        dockerfile.Images.ShouldHaveSingleItem().ToString().ShouldBe("docker.io/library/a:2-x-arm64");
    }

    [Fact]
    public void Parse_Mounts_AreKnownByTheirKind()
    {
        var dockerfile = Dockerfile.Parse("FROM a\nRUN --mount=type=cache,target=/x --mount=type=secret,id=y ls");

        (dockerfile.HasCacheMounts, dockerfile.HasSecretMounts, dockerfile.HasBindMounts).ShouldBe((true, true, false));
    }
}
