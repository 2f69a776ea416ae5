using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using ImageBuilder.Builds.Logs;
using ImageBuilder.Registry.Credentials;

namespace ImageBuilder.Builds.Tests.Logs;

public sealed class LogCensorTests
{
    private const string WorkspaceRef = "registry.example.com/ws:abc";
    private const string BaseRef = "registry.example.com/base:def";

    [Fact]
    public void Write_WithReferences_RemovesThemAndTheirNames() =>
        Censor([$"push {WorkspaceRef} from {BaseRef}, that is registry.example.com/ws@x\n"], WorkspaceRef, BaseRef)
            .ShouldBe("push  from , that is @x\n");

    [Fact]
    public void Write_WithSecretCutAtEveryPlace_RemovesItAll()
    {
        const string Text = "a secretsecret b secre c";
        for (var first = 0; first <= Text.Length; first++)
        {
            for (var second = first; second <= Text.Length; second++)
            {
                Censor([Text[..first], Text[first..second], Text[second..]], new LogCensor(["secret"])).ShouldBe("a  b secre c");
            }
        }
    }

    [Fact]
    public void Write_WhereOneTermBeginsAnother_RemovesTheLongestThatStandsThere() =>
        Censor(["abcd abc ab"], new LogCensor(["ab", "abcd"])).ShouldBe(" c ");

    [Fact]
    public void Write_WithoutCandidate_HoldsNothingBack()
    {
        var output = new ArrayBufferWriter<byte>();
        new LogCensor(["secret"]).Write("progress 1%\r"u8, output);

        output.WrittenCount.ShouldBe("progress 1%\r".Length);
    }

    [Fact]
    public void Write_WithInvalidUtf8_PassesItThrough()
    {
        byte[] bytes = [0xff, 0xfe, (byte)'s', 0x00, 0xc3];
        var output = new ArrayBufferWriter<byte>();
        var censor = new LogCensor(["secret"]);
        censor.Write(bytes, output);
        censor.Complete(output);

        output.WrittenSpan.ToArray().ShouldBe(bytes);
    }

    [Fact]
    public void Write_OfAnyTextCutAnywhere_IsWhatTheWholeTextGives()
    {
        // Few letters, so that terms occur, overlap and nearly occur.
        var letters = Gen.Elements('a', 'b', 'c');
        var text = letters.ArrayOf().Select(array => new string(array));
        var terms = letters.ArrayOf(3).Select(array => new string(array)).ArrayOf(3);
        var property = Prop.ForAll(
            text.ArrayOf().ToArbitrary(),
            terms.ToArbitrary(),
            (chunks, censored) => Censor(chunks, new LogCensor(censored)) == RemoveFromWhole(string.Concat(chunks), censored));

        property.Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }

    [Fact]
    public void ForBuild_SecretsOfTheRequest_AreTakenOutInAllTheirForms()
    {
        const string GitPassword = "git pass:word";
        const string RegistryPassword = "hunter2hunter2";
        const string Secret = "https://secrets.test/once/123";
        var gitLogin = Base64($"joe:{GitPassword}");
        var auth = Base64($"ann:b:{RegistryPassword}");
        var secrets = new BuildSecrets(
            new RegistryAccess { Additional = ImmutableDictionary<string, string>.Empty.Add("registry.test", auth).Add("raw.test", "no base64!") },
            GitPassword,
            Secret);
        var context = new BuildContextSource(
            "https://git.test/a.git", GitTarget.RemoteHead, "", "", FullClone: false, GitAuthentication.Basic, "joe", "Dockerfile", "");
        var censor = LogCensor.ForBuild(new BuildOrder(WorkspaceRef, BaseRef, context, true, false, "owner", ""), secrets);

        Censor(
            [
                $"[{GitPassword}] [{Uri.EscapeDataString(GitPassword)}] [{gitLogin}] [{gitLogin.TrimEnd('=')}] [{Secret}] [{auth}] ",
                $"[{RegistryPassword}] [ann:b:{RegistryPassword}] [no base64!] [{WorkspaceRef}] joe ann",
            ],
            censor).ShouldBe("[] [] [] [] [] [] [] [] [] [] joe ann");
    }

    [Fact]
    public void ForBuild_ShortSecret_IsAWordLikeAnyOther()
    {
        var secrets = new BuildSecrets(RegistryAccess.None, "root", string.Empty);
        var censor = LogCensor.ForBuild(new BuildOrder(WorkspaceRef, BaseRef, null, true, false, "owner", ""), secrets);

        Censor([$"root {Base64(":root")}\n"], censor).ShouldBe("root \n");
    }

    [Fact]
    public void Write_BytesThatMayBecomeATerm_AreCountedAsHeld()
    {
        var output = new ArrayBufferWriter<byte>();
        var censor = new LogCensor(["secret", "secular"]);
        censor.Write("a sec"u8, output);
        censor.HeldCount.ShouldBe(3);
        censor.Write("o"u8, output);
        censor.HeldCount.ShouldBe(0);

        Encoding.UTF8.GetString(output.WrittenSpan).ShouldBe("a seco");
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string RemoveFromWhole(string text, string[] terms)
    {
        var kept = new StringBuilder();
        for (var at = 0; at < text.Length;)
        {
            var length = terms.Where(term => string.CompareOrdinal(text, at, term, 0, term.Length) == 0).Select(term => term.Length).DefaultIfEmpty().Max();
            if (length == 0)
            {
                kept.Append(text[at]);
            }

            at += Math.Max(length, 1);
        }

        return kept.ToString();
    }

    private static string Censor(string[] chunks, string workspaceRef, string baseRef) => Censor(chunks, LogCensor.ForBuild(new BuildOrder(workspaceRef, baseRef, null, false, false, "owner", ""), secrets: null));

    private static string Censor(string[] chunks, LogCensor censor)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var chunk in chunks)
        {
            censor.Write(Encoding.UTF8.GetBytes(chunk), output);
        }

        censor.Complete(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
