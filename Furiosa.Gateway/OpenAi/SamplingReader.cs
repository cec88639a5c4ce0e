using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Loading;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi;

/// <summary>Reads how tokens are drawn: request, then the model's <c>generation_config.json</c>, then the API's default.</summary>
internal static class SamplingReader
{
    private const int MostBiases = 1024;
    private const int MostAllowed = 1 << 18;
    private const int MostBadWords = 1024;
    private const int LongestBadWord = 256;

    public static SamplingParameters Read(BodyFields fields, GenerationConfig model, int vocabularySize) => new()
    {
        Temperature = (float)(fields.Number("temperature", 0, 2) ?? DefaultTemperature(model)),
        TopP = (float)(fields.Number("top_p", 0, 1, aboveLeast: true) ?? model.TopP ?? 1),
        TopK = (int)(ReadTopK(fields) ?? model.TopK ?? -1),
        MinP = (float)(fields.Number("min_p", 0, 1) ?? model.MinP ?? 0),
        RepetitionPenalty = (float)(fields.Number("repetition_penalty", 0, 2, aboveLeast: true) ?? model.RepetitionPenalty ?? 1),
        PresencePenalty = (float)(fields.Number("presence_penalty", -2, 2) ?? 0),
        FrequencyPenalty = (float)(fields.Number("frequency_penalty", -2, 2) ?? 0),
        LogitBias = ReadLogitBias(fields, vocabularySize),
        AllowedTokenIds = ReadAllowed(fields, vocabularySize),
        BadWords = ReadBadWords(fields),
        Seed = fields.Integer("seed", long.MinValue, long.MaxValue) ?? Random.Shared.NextInt64(),
    };

    /// <summary>A grammar and a list of tokens or words could leave nothing to draw, so they are not combined.</summary>
    /// <param name="sampling">What was read.</param>
    /// <param name="field">The field that asks for the grammar.</param>
    public static void RefuseWithGrammar(SamplingParameters sampling, string field)
    {
        var name = sampling.AllowedTokenIds is not null ? "allowed_token_ids" : sampling.BadWords.Length > 0 ? "bad_words" : null;
        if (name is not null) throw ApiException.Invalid(name, $"'{name}' cannot be combined with '{field}', which says itself what may come next: leave one of them out.");
    }

    private static ImmutableArray<int>? ReadAllowed(BodyFields fields, int vocabularySize)
    {
        if (fields.List("allowed_token_ids") is not { } list) return null;
        if (list.Count is 0 or > MostAllowed)
            throw ApiException.Invalid("allowed_token_ids", $"'allowed_token_ids' has {list.Count} entries, but must have 1 to {MostAllowed}.");
        return [.. list.Select((value, i) => (int)BodyFields.ReadInteger($"allowed_token_ids[{i}]", value, 0, vocabularySize - 1)).Distinct()];
    }

    private static ImmutableArray<ImmutableArray<byte>> ReadBadWords(BodyFields fields)
    {
        if (fields.List("bad_words") is not { } list) return [];
        if (list.Count > MostBadWords) throw ApiException.Invalid("bad_words", $"'bad_words' has {list.Count} entries, but may have {MostBadWords}.");
        return [.. list.Select((value, i) => ReadBadWord(value, $"bad_words[{i}]"))];
    }

    private static ImmutableArray<byte> ReadBadWord(JToken value, string path)
    {
        if (value.Type != JTokenType.String) throw BodyFields.WrongAt(path, value, "a string");
        var word = (string)value!;
        return word.Length is > 0 and <= LongestBadWord
            ? [.. Encoding.UTF8.GetBytes(word)]
            : throw ApiException.Invalid(path, $"'{path}' has {word.Length} characters, but must have 1 to {LongestBadWord}.");
    }

    // A model whose author says "do not sample" is greedy unless the request says otherwise.
    private static double DefaultTemperature(GenerationConfig model) => model.DoSample == false ? 0 : model.Temperature ?? 1;

    private static long? ReadTopK(BodyFields fields)
    {
        var value = fields.Integer("top_k", -1, int.MaxValue);
        return value == 0 ? throw fields.Wrong("top_k", 0, "-1 (off) or an integer of at least 1") : value;
    }

    private static ImmutableSortedDictionary<int, float>? ReadLogitBias(BodyFields fields, int vocabularySize)
    {
        if (fields.Object("logit_bias") is not { } biases || biases.Values.Count == 0) return null;
        if (biases.Values.Count > MostBiases) throw ApiException.Invalid("logit_bias", $"'logit_bias' has {biases.Values.Count} entries, but may have {MostBiases}.");
        var result = ImmutableSortedDictionary.CreateBuilder<int, float>();
        foreach (var name in biases.Values.Properties().Select(property => property.Name))
        {
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id >= vocabularySize)
                throw ApiException.Invalid("logit_bias", $"'logit_bias' has the key \"{BodyFields.Shorten(name)}\", but keys must be token ids from 0 to {vocabularySize - 1}.");
            result[id] = (float)(biases.Number(name, -100, 100) ?? throw biases.Wrong(name, JValue.CreateNull(), "a number from -100 to 100"));
        }
        return result.ToImmutable();
    }
}
