using System.Xml.Linq;

namespace ImageBuilder.Sandbox.Tests;

/// <summary>Sums up the result files (TRX) that test runs left in a folder.</summary>
internal static class TestReport
{
    private static readonly XNamespace s_trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";

    /// <summary>
    /// Lists the skipped and the failed tests with their reasons, then the one line of numbers. An empty file stands for a
    /// project whose tests did not come to an end, and counts as one failure.
    /// </summary>
    /// <returns>The exit code: 0 when tests ran and none failed.</returns>
    public static int Write(string folder, TextWriter output)
    {
        var passed = 0;
        var failed = 0;
        var skipped = 0;
        foreach (var file in Directory.EnumerateFiles(folder, "*.trx", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            if (new FileInfo(file).Length == 0)
            {
                failed++;
                output.WriteLine($"failed: {Path.GetRelativePath(folder, file)}: its tests did not come to an end");
                continue;
            }

            foreach (var result in XDocument.Load(file).Descendants(s_trx + "UnitTestResult"))
            {
                var name = result.Attribute("testName")?.Value;
                switch (result.Attribute("outcome")?.Value)
                {
                    case "Passed":
                        passed++;
                        break;
                    case "NotExecuted":
                        skipped++;
                        output.WriteLine($"skipped: {name}: {Message(result)}");
                        break;
                    default:
                        failed++;
                        output.WriteLine($"failed: {name}: {Message(result)}");
                        break;
                }
            }
        }

        output.WriteLine($"{passed} passed, {failed} failed, {skipped} skipped");
        return failed == 0 && passed > 0 ? 0 : 1;
    }

    private static string Message(XElement result) =>
        (result.Descendants(s_trx + "Message").FirstOrDefault()?.Value ?? result.Descendants(s_trx + "StdOut").FirstOrDefault()?.Value ?? string.Empty)
        .Trim().ReplaceLineEndings(" ");
}
