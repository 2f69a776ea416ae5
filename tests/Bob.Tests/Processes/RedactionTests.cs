using System.Text;
using ImageBuilder.Bob.Processes;

namespace ImageBuilder.Bob.Tests.Processes;

public sealed class RedactionTests
{
    private const string Password = "pa:ss/word 1";

    [Fact]
    public async Task WriteAsync_SecretCutAtEveryPlace_DoesNotShow()
    {
        var text = $"one {Password} two{Password}\r50%\rthree pa:ss";
        for (var first = 0; first <= text.Length; first++)
        {
            for (var second = first; second <= text.Length; second += 3)
            {
                (await ShownAsync([text[..first], text[first..second], text[second..]], Password)).ShouldBe("one  two\r50%\rthree pa:ss");
            }
        }
    }

    [Fact]
    public async Task WriteAsync_AnyFormOfALogin_DoesNotShow()
    {
        var base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes($"joe:{Password}"));

        (await ShownAsync([$"[{Password}] [{Uri.EscapeDataString(Password)}] [{base64}] [{base64.TrimEnd('=')}]\n"], [.. Redaction.FormsOf("joe", Password)]))
            .ShouldBe("[] [] [] []\n");
    }

    [Fact]
    public async Task WriteAsync_ShortSecret_IsAWordLikeAnyOther() => (await ShownAsync(["a root\n"], "root")).ShouldBe("a root\n");

    [Fact]
    public async Task WriteAsync_WholeLine_IsShownAtOnce()
    {
        var shown = new StringBuilder();
        await new Redaction([Password], (bytes, _) => ShowAsync(shown, bytes)).WriteAsync("50%\r"u8.ToArray(), default);

        shown.ToString().ShouldBe("50%\r");
    }

    private static async Task<string> ShownAsync(string[] pieces, params string[] secrets)
    {
        var shown = new StringBuilder();
        var redaction = new Redaction(secrets, (bytes, _) => ShowAsync(shown, bytes));
        foreach (var piece in pieces)
        {
            await redaction.WriteAsync(Encoding.UTF8.GetBytes(piece), default);
        }

        await redaction.CompleteAsync(default);
        return shown.ToString();
    }

    private static Task ShowAsync(StringBuilder shown, ReadOnlyMemory<byte> bytes)
    {
        shown.Append(Encoding.UTF8.GetString(bytes.Span));
        return Task.CompletedTask;
    }
}
