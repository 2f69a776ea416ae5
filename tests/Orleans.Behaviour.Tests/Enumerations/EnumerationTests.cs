namespace ImageBuilder.Orleans.Behaviour.Tests.Enumerations;

public sealed class EnumerationTests(Silo silo) : IClassFixture<Silo>
{
    [Fact]
    public async Task Enumeration_OfReadyElements_ComesInOrder()
    {
        List<int> read = [];
        await foreach (var element in silo.Grains.GetGrain<IEnumerationGrain>("ready").Count(250))
        {
            read.Add(element);
        }

        read.ShouldBe(Enumerable.Range(1, 250));
    }

    [Fact]
    public async Task Enumeration_Empty_Ends()
    {
        await foreach (var element in silo.Grains.GetGrain<IEnumerationGrain>("empty").Count(0))
        {
            element.ShouldBe(0);
        }
    }

    [Fact]
    public async Task BatchSize_Set_BoundsWhatIsProducedAhead()
    {
        var grain = silo.Grains.GetGrain<IEnumerationGrain>("batches");
        var elements = grain.Count(10).WithBatchSize(3).GetAsyncEnumerator();
        (await elements.MoveNextAsync()).ShouldBeTrue();
        (await grain.Produced()).ShouldBe(3);
        (await elements.MoveNextAsync()).ShouldBeTrue();
        (await elements.MoveNextAsync()).ShouldBeTrue();
        (await grain.Produced()).ShouldBe(3);
        elements.Current.ShouldBe(3);
        await elements.DisposeAsync();
    }

    [Fact]
    public async Task Enumeration_ThatWaits_LetsOtherCallsRun()
    {
        var grain = silo.Grains.GetGrain<IEnumerationGrain>("interleaves");
        var lines = grain.Follow("a").GetAsyncEnumerator();
        for (var i = 0; i < 3; i++)
        {
            var next = lines.MoveNextAsync();
            await silo.Signals.WaitAsync("a follows");
            await grain.Publish($"line {i}");
            (await next).ShouldBeTrue();
            lines.Current.ShouldBe($"line {i}");
        }

        await lines.DisposeAsync();
    }

    [Fact]
    public async Task Cancellation_OfReader_EndsTheGrainsSide()
    {
        var grain = silo.Grains.GetGrain<IEnumerationGrain>("cancelled");
        using var cancellation = new CancellationTokenSource();
        var reading = Task.Run(async () =>
        {
            await foreach (var line in grain.Follow("b").WithCancellation(cancellation.Token))
            {
                line.ShouldBe("never");
            }
        });
        await silo.Signals.WaitAsync("b follows");
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => reading);
        await silo.Signals.WaitAsync("b ended");
    }

    [Fact]
    public async Task Cancellation_ByArgument_EndsTheGrainsSide()
    {
        var grain = silo.Grains.GetGrain<IEnumerationGrain>("cancelled by argument");
        using var cancellation = new CancellationTokenSource();
        var reading = Task.Run(async () =>
        {
            await foreach (var line in grain.Follow("c", cancellation.Token))
            {
                line.ShouldBe("never");
            }
        });
        await silo.Signals.WaitAsync("c follows");
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => reading);
        await silo.Signals.WaitAsync("c ended");
    }

    [Fact]
    public async Task Reader_ThatStopsEarly_EndsTheGrainsSide()
    {
        var grain = silo.Grains.GetGrain<IEnumerationGrain>("early");
        await grain.Publish("one");
        await foreach (var line in grain.Follow("d"))
        {
            line.ShouldBe("one");
            break;
        }

        await silo.Signals.WaitAsync("d ended");
    }

    [Fact]
    public async Task Exception_InEnumeration_ReachesTheReaderAfterItsElements()
    {
        List<int> read = [];
        var error = await Should.ThrowAsync<InvalidOperationException>(async () =>
        {
            await foreach (var element in silo.Grains.GetGrain<IEnumerationGrain>("fails").FailAfter(3))
            {
                read.Add(element);
            }
        });
        error.Message.ShouldBe("no more");
        read.ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task Activation_ThatEnds_AbortsTheReader()
    {
        var grain = silo.Grains.GetGrain<IEnumerationGrain>("aborted");
        await grain.Publish("one");
        await using var lines = grain.Follow("e").GetAsyncEnumerator();
        (await lines.MoveNextAsync()).ShouldBeTrue();
        await grain.End();
        await silo.Signals.WaitAsync("e ended");
        await Should.ThrowAsync<EnumerationAbortedException>(async () => await lines.MoveNextAsync());
    }
}
