using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Tests.Client;

public sealed class IndexEntriesTests
{
    private static readonly Digest Image = Digest.Compute("image"u8);

    private readonly IndexEntries _entries = new(capacity: 3);

    [Fact]
    public void TryFind_UnknownIndexPlatformOrRegistry_False()
    {
        Add(1);

        _entries.TryFind("a.test", IndexOf(2), Platform.LinuxAmd64, out _).ShouldBeFalse();
        _entries.TryFind("a.test", IndexOf(1), Platform.Parse("linux/arm64"), out _).ShouldBeFalse();
        _entries.TryFind("b.test", IndexOf(1), Platform.LinuxAmd64, out _).ShouldBeFalse();
    }

    [Fact]
    public void TryFind_IndexWithoutThePlatform_KnowsThatItHasNone()
    {
        _entries.Add("a.test", IndexOf(1), Platform.LinuxAmd64, null);

        _entries.TryFind("a.test", IndexOf(1), Platform.LinuxAmd64, out var image).ShouldBeTrue();
        image.ShouldBeNull();
    }

    [Fact]
    public void Add_MoreThanAreKept_TheLeastRecentlyUsedGoes()
    {
        Add(1);
        Add(2);
        Add(3);
        IsKnown(1).ShouldBeTrue();

        Add(4);
        Add(4);

        new[] { 1, 2, 3, 4 }.Select(IsKnown).ShouldBe([true, false, true, true]);
    }

    private static Digest IndexOf(int number) => Digest.Compute([(byte)number]);

    private void Add(int number) => _entries.Add("a.test", IndexOf(number), Platform.LinuxAmd64, Image);

    private bool IsKnown(int number) =>
        _entries.TryFind("a.test", IndexOf(number), Platform.LinuxAmd64, out var image) && image == Image;
}
