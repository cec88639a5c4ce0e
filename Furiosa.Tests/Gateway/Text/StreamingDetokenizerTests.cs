using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Furiosa.Gateway.Text.Tokenizers;
using Furiosa.Gateway.Text.Tokenizers.Models;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Gateway.Text;

public sealed class StreamingDetokenizerTests
{
    private static readonly TextTokenizer Tokenizer = TextTokenizer.Load(TestPaths.DemoModel);

    [Test]
    public void Add_BytesOfOneCharacter_EmitsItOnceWhole()
    {
        var ids = ByteIds("é🎉");
        var detokenizer = Tokenizer.CreateDetokenizer(skipSpecialTokens: true);
        var pieces = ids.Select(id => detokenizer.Add(id)).ToList();
        Assert.That(pieces, Is.EqualTo(new[] { "", "é", "", "", "", "🎉" }));
        Assert.That(detokenizer.Flush(), Is.Empty);
    }

    [Test]
    public void Flush_IncompleteCharacter_BecomesOneReplacement()
    {
        var detokenizer = Tokenizer.CreateDetokenizer(skipSpecialTokens: true);
        var text = detokenizer.Add(ByteIds("ok🎉")[..^1]);
        Assert.That(text, Is.EqualTo("ok"));
        Assert.That(detokenizer.Flush(), Is.EqualTo("\uFFFD"));
    }

    [Test]
    public void Add_SpecialToken_IsLeftOutOrWritten()
    {
        Assert.That(Tokenizer.CreateDetokenizer(skipSpecialTokens: true).Add(2), Is.Empty);
        Assert.That(Tokenizer.CreateDetokenizer(skipSpecialTokens: false).Add(2), Is.EqualTo("<|im_end|>"));
    }

    [Test]
    public void Add_RandomIdsInRandomPieces_GivesWhatDecodeGives()
    {
        // Ids below 260 are mostly single bytes, which make broken characters of every kind.
        var id = Gen.OneOf(Gen.Choose(-1, 260), Gen.Choose(0, Tokenizer.VocabularySize));
        var input =
            from ids in Gen.Sized(size => Gen.ArrayOf(id, size))
            from pieces in Gen.ListOf(Gen.Choose(1, 5))
            from skip in Gen.Elements(true, false)
            select (ids, pieces, skip);
        Prop.ForAll(input.ToArbitrary(), sample => Streamed(sample.ids, [.. sample.pieces], sample.skip) == Tokenizer.Decode(sample.ids, sample.skip)
                && Streamed(sample.ids, [.. sample.pieces], sample.skip) == AllAtOnce(sample.ids, sample.skip))
            .QuickCheckThrowOnFailure();
    }

    private static int[] ByteIds(string text) =>
        [.. Encoding.UTF8.GetBytes(text).Select(value => Tokenizer.TokenToId(ByteLevelAlphabet.ToCharacter(value).ToString())!.Value)];

    private static string Streamed(int[] ids, List<int> pieces, bool skip)
    {
        var detokenizer = Tokenizer.CreateDetokenizer(skip);
        var text = new StringBuilder();
        var at = 0;
        for (var turn = 0; at < ids.Length; turn++)
        {
            var length = Math.Min(ids.Length - at, pieces.Count == 0 ? 1 : pieces[turn % pieces.Count]);
            var piece = detokenizer.Add(ids.AsSpan(at, length));
            Assert.That(piece.Length == 0 || !char.IsHighSurrogate(piece[^1]), Is.True, "half a character was emitted");
            text.Append(piece);
            at += length;
        }

        return text + detokenizer.Flush();
    }

    private static string AllAtOnce(int[] ids, bool skip) =>
        Encoding.UTF8.GetString([.. ids.Where(id => !skip || !Tokenizer.IsSpecial(id)).SelectMany(id => Tokenizer.TokenBytes(id).ToArray())]);
}
