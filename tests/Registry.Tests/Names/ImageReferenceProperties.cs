using FsCheck;
using FsCheck.Fluent;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Tests.Names;

public sealed class ImageReferenceProperties
{
    private static readonly Gen<string> Component =
        from words in Chars("abcxyz019").NonEmptyListOf()
        from separators in Gen.Elements(".", "_", "__", "-", "---").ArrayOf(words.Count)
        select string.Concat(words.Zip(separators, (word, separator) => word + separator))[..^separators[^1].Length];

    private static readonly Gen<string> Path = Component.NonEmptyListOf().Select(parts => string.Join('/', parts.Take(4)));

    private static readonly Gen<string> Domain = Gen.Elements(
        "docker.io", "localhost", "localhost:5000", "127.0.0.1:80", "registry.example.com", "ghcr.io", "[::1]:5000", "UPPER", "a-b.c:1");

    private static readonly Gen<string> Tag = Gen.OneOf(Gen.Constant(""), Chars("aZ0_.-").ListOf().Select(rest => ":_" + string.Concat(rest.Take(127))));

    private static readonly Gen<string> DigestPart = Gen.OneOf(Gen.Constant(""), Gen.Choose(0, int.MaxValue).Select(seed => "@" + Digest.Compute(BitConverter.GetBytes(seed))));

    private static readonly Gen<string> Full =
        from domain in Domain
        from path in Path
        from tag in Tag
        from digest in DigestPart
        where path.Length <= ImageReference.MaximumPathLength && !(domain == "docker.io" && !path.Contains('/'))
        select $"{domain}/{path}{tag}{digest}";

    [Fact]
    public void Parse_FullName_GivesTheSameText() =>
        Prop.ForAll(Full.ToArbitrary(), text => ImageReference.Parse(text).ToString() == text).QuickCheckThrowOnFailure();

    [Fact]
    public void Familiar_ParsedAgain_GivesTheSameReference() =>
        Prop.ForAll(Full.ToArbitrary(), text => ImageReference.Parse(ImageReference.Parse(text).Familiar) == ImageReference.Parse(text)).QuickCheckThrowOnFailure();

    [Fact]
    public void With_TagOrDigest_KeepsTheRepositoryAndReplacesTheRest() =>
        Prop.ForAll(
            Full.ToArbitrary(),
            text =>
            {
                var (reference, digest) = (ImageReference.Parse(text), Digest.Compute([1]));
                return ImageReference.Parse(reference.WithTag("t").ToString()) == reference.WithTag("t")
                    && ImageReference.Parse(reference.WithDigest(digest).Familiar) == reference.WithDigest(digest)
                    && reference.WithTag("t").RepositoryName == reference.RepositoryName
                    && reference.WithDigest(digest).Identifier == digest.ToString();
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void TryParse_CharacterThatNoReferenceHas_IsRefusedWhereverItStands() =>
        Prop.ForAll(
            (from text in Full from at in Gen.Choose(0, text.Length) from added in Gen.Elements("\n", " ", "\0", "ä", "%", "\u0130") select text.Insert(at, added)).ToArbitrary(),
            text => !ImageReference.TryParse(text, out _)).QuickCheckThrowOnFailure();

    [Fact]
    public void Familiar_IsNeverLonger() =>
        Prop.ForAll(Full.ToArbitrary(), text => ImageReference.Parse(text).Familiar.Length <= text.Length).QuickCheckThrowOnFailure();

    [Fact]
    public void TryParse_AnyText_NeverThrowsAndWhatItReadsIsStable() =>
        Prop.ForAll(
            Chars("aA0._-:/@[]sha256 \n").ListOf().Select(string.Concat).ToArbitrary(),
            text => !ImageReference.TryParse(text, out var reference) || ImageReference.Parse(reference.ToString()) == reference).QuickCheckThrowOnFailure();

    [Fact]
    public void Digest_OfAnyBytes_RoundTrips() =>
        Prop.ForAll(
            Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf().ToArbitrary(),
            bytes => Digest.Parse(Digest.Compute(bytes).ToString()) == Digest.Compute(bytes)).QuickCheckThrowOnFailure();

    private static Gen<string> Chars(string chars) => Gen.Elements(chars.ToCharArray()).Select(c => c.ToString());
}
