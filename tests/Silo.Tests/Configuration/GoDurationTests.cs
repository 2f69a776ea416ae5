using ImageBuilder.Silo.Configuration;

namespace ImageBuilder.Silo.Tests.Configuration;

public sealed class GoDurationTests
{
    [Theory]
    [InlineData("6h0m0s", 6 * 3600_000.0)]
    [InlineData("1.5h", 5400_000.0)]
    [InlineData("300ms", 300.0)]
    [InlineData("0", 0.0)]
    [InlineData("0s", 0.0)]
    [InlineData("-0", 0.0)]
    [InlineData("1.s", 1000.0)]
    [InlineData(".5s", 500.0)]
    [InlineData("-1m30s", -90_000.0)]
    [InlineData("+5s", 5000.0)]
    [InlineData("1s1s", 2000.0)]
    [InlineData("100us", 0.1)]
    [InlineData("100µs", 0.1)]
    [InlineData("100μs", 0.1)]
    [InlineData("199ns", 0.0001)]
    [InlineData("2540400h10m10s", 2540400 * 3600_000.0 + 610_000.0)]
    public void Parse_GoDuration_IsItsLength(string text, double milliseconds) =>
        GoDuration.Parse(text).Ticks.ShouldBe((long)Math.Round(milliseconds * TimeSpan.TicksPerMillisecond));

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("s")]
    [InlineData(".s")]
    [InlineData("1x")]
    [InlineData("1h ")]
    [InlineData(" 1h")]
    [InlineData("1h\n")]
    [InlineData("--1h")]
    [InlineData("1h-1m")]
    [InlineData("1,5h")]
    [InlineData("1e3s")]
    [InlineData("1d")]
    [InlineData("1H")]
    [InlineData("١h")]
    [InlineData("2562048h")]
    [InlineData("99999999999999999999999999999999999h")]
    [InlineData("9223372036s9223372036s")]
    public void Parse_AnythingElse_IsRefused(string text) => Should.Throw<FormatException>(() => GoDuration.Parse(text));

    [Fact]
    public void Parse_TextOfAnyLength_IsRefusedAtOnce() => Should.Throw<FormatException>(() => GoDuration.Parse(new string('1', 1 << 20) + "x"));

    [Theory]
    [InlineData("0s")]
    [InlineData("59s")]
    [InlineData("1m0s")]
    [InlineData("6h0m0s")]
    [InlineData("720h0m0s")]
    [InlineData("-1m30.5s")]
    public void Format_WhatGoWrites_IsTheSameText(string text) => GoDuration.Format(GoDuration.Parse(text)).ShouldBe(text);
}
