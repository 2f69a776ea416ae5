using ImageBuilder.Testing;

namespace ImageBuilder.Postgres.Tests;

[Collection(PostgresFixture.Collection)]
public sealed class PostgresSourceTests(PostgresFixture postgres)
{
    [Theory]
    [InlineData("")]
    [InlineData("Database=a;Password=hunter2")]
    [InlineData("Host=a;Password=hunt;er2=x")]
    [InlineData("Host=a;Password=x;Port=hunter2")]
    [InlineData("Host=a;Password='hunter2")]
    [InlineData("Host=a;SSL Mode=hunter2")]
    public void Create_NoConnectionString_SaysWhatToDoAndShowsNothingOfIt(string text)
    {
        var error = Should.Throw<ArgumentException>(() => PostgresSource.Create(text));

        error.Message.ShouldContain("must be like Host=");
        error.ToString().ShouldNotContain("hunter2");
        error.ToString().ShouldNotContain("er2");
    }

    [NeedsProgramsFact("postgres")]
    public async Task Open_WrongPassword_IsNotInTheError()
    {
        var right = await postgres.CreateDatabaseAsync();
        var password = right[(right.IndexOf("Password=", StringComparison.Ordinal) + 9)..];
        await using var source = PostgresSource.Create(right.Replace(password, "hunter2", StringComparison.Ordinal));

        var error = await Should.ThrowAsync<Npgsql.PostgresException>(async () => await source.OpenConnectionAsync());

        error.ToString().ShouldNotContain("hunter2");
        source.ConnectionString.ShouldNotContain("hunter2");
    }

    [Fact]
    public void Create_NothingSaid_BoundsConnectionsAndTimes()
    {
        using var source = PostgresSource.Create("Host=a");
        using var other = PostgresSource.Create("Host=a;Maximum Pool Size=7;Timeout=3;Command Timeout=0");

        source.ConnectionString.ShouldContain("Maximum Pool Size=20");
        source.ConnectionString.ShouldContain("Command Timeout=10");
        other.ConnectionString.ShouldContain("Maximum Pool Size=7");
        other.ConnectionString.ShouldContain("Command Timeout=0");
    }
}
