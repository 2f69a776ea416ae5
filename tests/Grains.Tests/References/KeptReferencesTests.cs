using ImageBuilder.Grains.References;

namespace ImageBuilder.Grains.Tests.References;

public sealed class KeptReferencesTests
{
    [Fact]
    public void TryTake_AllPlacesTaken_FalseUntilOneIsGivenBack()
    {
        var kept = new KeptReferences();
        var taken = 0;
        while (kept.TryTake())
        {
            taken++;
        }

        taken.ShouldBe(20_000);
        kept.TryTake().ShouldBeFalse();
        kept.GiveBack();
        kept.TryTake().ShouldBeTrue();
        kept.TryTake().ShouldBeFalse();
    }
}
