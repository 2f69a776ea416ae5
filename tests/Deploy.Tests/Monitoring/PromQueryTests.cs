namespace ImageBuilder.Deploy.Tests.Monitoring;

public sealed class PromQueryTests
{
    [Theory]
    [InlineData("up", "up")]
    [InlineData("sum by (le, reason) (rate(a_total{reason=\"b_total\"}[5m])) > 0.5 * sum(c_total)", "a_total c_total")]
    [InlineData("absent(up{job=\"x\"} == 1) unless on (pod) changes(d_seconds[1h:1m]) > 1e3", "up d_seconds")]
    public void MetricsOf_AnExpression_AreItsSeriesAlone(string expression, string metrics)
    {
        PromQuery.MetricsOf(expression).ShouldBe(metrics.Split(' '));
    }

    [Fact]
    public void LabelsOf_AnExpression_AreThoseItChoosesBy()
    {
        PromQuery.LabelsOf("sum by (le) (a{b=\"c\", d=~\"e|f\"}) / g{h!=\"i\"}").ShouldBe([("a", "b", "c"), ("a", "d", null), ("g", "h", null)]);
        PromQuery.GroupsOf("sum by (le, pod) (a) / on (pod) b").ShouldBe(["le", "pod", "pod"]);
    }
}
