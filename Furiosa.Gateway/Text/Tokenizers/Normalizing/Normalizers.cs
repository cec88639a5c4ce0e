using Microsoft.ML.Tokenizers;

namespace Furiosa.Gateway.Text.Tokenizers.Normalizing;

/// <summary>Several normalizers, one after the other.</summary>
internal sealed class SequenceNormalizer(IReadOnlyList<Normalizer> parts) : Normalizer
{
    public override string Normalize(string original) => parts.Aggregate(original, (text, part) => Growth.Check(part.Normalize(text)));

    public override string Normalize(ReadOnlySpan<char> original) => Normalize(original.ToString());
}

/// <summary>A normalizer that is one function of the text.</summary>
internal sealed class FunctionNormalizer(Func<string, string> function) : Normalizer
{
    public override string Normalize(string original) => function(original);

    public override string Normalize(ReadOnlySpan<char> original) => function(original.ToString());
}
