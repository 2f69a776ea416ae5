using System.Security.Cryptography;
using System.Text;
using ImageBuilder.Bob.Build;
using ImageBuilder.Bob.Commands;
using ImageBuilder.Testing;

namespace ImageBuilder.Bob.Tests.Build;

public sealed class LayerCredentialsTests() : StagedTests("runc")
{
    private const string Key = "01234567890123456789012345678901";

    [NeedsProgramsTheory("runc", "docker-registry", "skopeo")]
    [EnginesHere(true, false)]
    public async Task Build_CredentialsInVariables_OpenTheRegistryAndNoStepSeesThem(string engine, bool encrypted)
    {
        var auth = $$$"""{"{{{Stage.Registry.Host}}}":{"auth":"{{{Stage.Registry.Auth}}}"}}""";
        using var attempt = await PrepareAsync(engine, $"FROM {Stage.BaseImage}\nRUN env; cat /proc/[0-9]*/environ; echo; echo $((40 + 2)) steps\n");
        attempt.Variables["BOB_BASELAYER_AUTH"] = encrypted ? Encrypt(auth) : auth;
        attempt.Variables["BOB_WSLAYER_AUTH"] = encrypted ? Encrypt($$"""{"auths":{{auth}}}""") : string.Empty;
        attempt.Variables["BOB_AUTH_KEY"] = encrypted ? Key : string.Empty;

        (await attempt.RunAsync()).ShouldBe(0, attempt.Log);

        (await Stage.HasAsync(attempt.Base) && await Stage.HasAsync(attempt.Target)).ShouldBeTrue();
        attempt.Log.ShouldContain("42 steps");
        attempt.Log.ShouldNotContain(Stage.Registry.Auth);
        attempt.Log.ShouldNotContain("_AUTH");
    }

    [NeedsProgramsTheory("runc", "docker-registry", "skopeo")]
    [EnginesHere]
    public async Task Build_CredentialsOfTheTargetAlone_OpenNoImageThatTheDockerfileNames(string engine)
    {
        using var attempt = await PrepareAsync(engine, $"FROM {Stage.BaseImage}\nRUN true\n");
        attempt.Variables["BOB_WSLAYER_AUTH"] = $$$"""{"{{{Stage.Registry.Host}}}":{"auth":"{{{Stage.Registry.Auth}}}"}}""";

        (await attempt.RunAsync()).ShouldBe(1, attempt.Log);

        attempt.Reason.ShouldBe("BaseImageDenied", attempt.Message);
    }

    [Fact]
    public void Read_NoVariables_IsNone() => LayerCredentials.Read(_ => null).ShouldBeNull();

    [Theory]
    [InlineData("BOB_AUTH_KEY", "secret", "secret")]
    [InlineData("BOB_BASELAYER_AUTH", "", "secret")]
    [InlineData("BOB_WSLAYER_AUTH", "", "{\"host\":{\"auth\":\"secret\"}")]
    [InlineData("BOB_BASELAYER_AUTH", Key, "{}")]
    [InlineData("BOB_BASELAYER_AUTH", Key, "c2VjcmV0")]
    [InlineData("BOB_WSLAYER_AUTH", Key, "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0")]
    public void Read_WrongValue_NamesTheVariableAndNotTheValue(string name, string key, string value)
    {
        var message = Should.Throw<UsageException>(() => LayerCredentials.Read(asked => asked == name ? value : asked == "BOB_AUTH_KEY" ? key : null)).Message;

        message.ShouldStartWith($"{name}: ");
        message.ShouldNotContain("secret");
        message.ShouldNotContain(value);
    }

    private async Task<BuildAttempt> PrepareAsync(string engine, string dockerfile)
    {
        var attempt = await Stage.PrepareAsync(new Dictionary<string, string> { ["Dockerfile"] = dockerfile });
        attempt.Variables["BOB_ENGINE"] = engine;
        attempt.Variables["BOB_PROXY_KEY_FILE"] = string.Empty;
        attempt.Variables["BOB_BASE_REF"] = attempt.Base;
        attempt.Variables["BOB_TARGET_REF"] = attempt.Target;
        return attempt;
    }

    private static string Encrypt(string text)
    {
        var (nonce, plain, tag) = (RandomNumberGenerator.GetBytes(12), Encoding.UTF8.GetBytes(text), new byte[16]);
        var box = new byte[plain.Length];
        using var cipher = new AesGcm(Encoding.UTF8.GetBytes(Key), tag.Length);
        cipher.Encrypt(nonce, plain, box, tag);
        return Convert.ToBase64String([.. nonce, .. box, .. tag]).TrimEnd('=');
    }
}
