using System.Collections.Immutable;
using Furiosa.Device.Loading;
using Furiosa.Gateway.Text;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi;

/// <summary>Reads what ends a choice.</summary>
internal static class StopReader
{
    private const int MostStops = 64;
    private const int LongestStop = 1024;
    private const int MostStopIds = 1024;

    public static StopSettings Read(BodyFields fields, GenerationConfig model, int vocabularySize)
    {
        var own = ReadIds(fields, vocabularySize);
        var ownMinTokens = (int?)fields.Integer("min_tokens", 0, int.MaxValue);
        var ends = fields.Boolean("ignore_eos") == true ? [] : model.EosTokenIds.Where(id => id < vocabularySize).ToImmutableArray();
        return new StopSettings(
            ReadStrings(fields) is { IsEmpty: false } strings ? new StopSet(strings) : StopSet.Empty,
            fields.Boolean("include_stop_str_in_output") ?? false,
            [.. own.Concat(ends).Distinct()],
            [.. own.Except(ends)],
            ownMinTokens ?? model.MinNewTokens ?? 0,
            ownMinTokens,
            fields.Boolean("skip_special_tokens") ?? true);
    }

    private static ImmutableArray<string> ReadStrings(BodyFields fields)
    {
        switch (fields.Find("stop"))
        {
            case null: return [];
            case { Type: JTokenType.String } value: return [ReadString("stop", value)];
            case JArray list when list.Count <= MostStops: return [.. list.Select((value, i) => ReadString($"stop[{i}]", value))];
            case var value: throw fields.Wrong("stop", value, $"a string or a list of at most {MostStops} strings");
        }
    }

    private static string ReadString(string path, JToken value)
    {
        if (value.Type != JTokenType.String) throw BodyFields.WrongAt(path, value, "a string");
        var text = (string)value!;
        if (text.Length is 0 or > LongestStop) throw ApiException.Invalid(path, $"'{path}' has {text.Length} characters, but must have 1 to {LongestStop}.");
        return text;
    }

    private static ImmutableArray<int> ReadIds(BodyFields fields, int vocabularySize)
    {
        if (fields.List("stop_token_ids") is not { } list) return [];
        if (list.Count > MostStopIds) throw ApiException.Invalid("stop_token_ids", $"'stop_token_ids' has {list.Count} entries, but may have {MostStopIds}.");
        return [.. list.Select((value, i) => (int)BodyFields.ReadInteger($"stop_token_ids[{i}]", value, 0, vocabularySize - 1))];
    }
}
