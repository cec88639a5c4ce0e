using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Furiosa.Device.Loading;

namespace Furiosa.Gateway.Text.Gguf;

/// <summary>
/// Writes the <c>tokenizer.json</c> that a GGUF file's vocabulary amounts to. What has an entry for each token or merge is written straight
/// into it, the rest made of nodes first.
/// </summary>
internal sealed class GgufTokenizer
{
    private const string Prefix = "tokenizer.ggml.";
    private const int Unknown = 2;
    private const int Control = 3;
    private const int UserDefined = 4;

    private readonly GgufMetadata _metadata;
    private readonly string[] _tokens;
    private readonly IReadOnlyList<long> _types;

    private GgufTokenizer(GgufMetadata metadata)
    {
        _metadata = metadata;
        _tokens = metadata.Texts(Prefix + "tokens")?.ToArray() ?? throw metadata.Fault(Prefix + "tokens", "is missing", "the file must hold its vocabulary");
        _types = metadata.Integers(Prefix + "token_type") ?? [];
        if (_types.Count != 0 && _types.Count != _tokens.Length)
            throw metadata.Fault(Prefix + "token_type", $"has {_types.Count:N0} entries", $"there are {_tokens.Length:N0} tokens");
    }

    public static JsonElement Make(GgufMetadata metadata)
    {
        const string key = Prefix + "model";
        var tokenizer = new GgufTokenizer(metadata);
        var file = (metadata.Text(key) ?? throw metadata.Fault(key, "is missing", "the file must name its tokenizer")) switch
        {
            "gpt2" => tokenizer.ByteLevel(),
            "llama" => tokenizer.SentencePiece(),
            "t5" => tokenizer.Unigram(),
            var kind => throw metadata.Fault(key, $"is {kind}, which is not supported", "supported are gpt2, llama and t5"),
        };
        var text = new ArrayBufferWriter<byte>(1 << 20);
        using (var json = new Utf8JsonWriter(text, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })) file.Write(json);
        return JsonElement.Parse(text.WrittenSpan);
    }

    /// <summary>Byte-level BPE: merges are listed; how text is cut is known by a name.</summary>
    private File ByteLevel()
    {
        var pre = _metadata.Text(Prefix + "pre") ?? "default";
        var rules = GgufPreTokenizers.Find(pre) ?? throw _metadata.Fault(Prefix + "pre", $"is {pre}, which is not supported", $"supported are {GgufPreTokenizers.Names}");
        var merges = _metadata.Texts(Prefix + "merges") ?? throw _metadata.Fault(Prefix + "merges", "is missing", "a gpt2 tokenizer needs them");
        var stages = new JsonArray([.. rules.Patterns.Select(pattern => (JsonNode)new JsonObject
        {
            ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = pattern }, ["behavior"] = "Isolated", ["invert"] = false,
        })]);
        stages.Add(new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = _metadata.Flag(Prefix + "add_space_prefix") ?? false, ["use_regex"] = false });
        return Root(
            new JsonObject { ["type"] = "BPE", ["ignore_merges"] = rules.IgnoresMerges },
            json =>
            {
                WriteVocabulary(json);
                json.WriteStartArray("merges");
                foreach (var merge in Usable(merges)) json.WriteStringValue(merge);
                json.WriteEndArray();
            },
            rules.Composes ? new JsonObject { ["type"] = "NFC" } : null,
            new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = stages },
            new JsonObject { ["type"] = "ByteLevel" },
            rules.BeginsText);
    }

    /// <summary>SentencePiece's BPE: pairs merge by the score of what they make; what has no token falls back to bytes.</summary>
    private File SentencePiece()
    {
        var scores = _metadata.Numbers(Prefix + "scores") ?? throw _metadata.Fault(Prefix + "scores", "is missing", "a llama tokenizer needs them");
        if (scores.Count != _tokens.Length) throw _metadata.Fault(Prefix + "scores", $"has {scores.Count:N0} entries", $"there are {_tokens.Length:N0} tokens");
        var merges = SentencePieceMerges.Of([.. _tokens.Select((token, id) => IsPiece(id) ? token : "")], scores);
        return Root(
            new JsonObject { ["type"] = "BPE", ["byte_fallback"] = true, ["fuse_unk"] = true, ["unk_token"] = UnknownToken() },
            json =>
            {
                WriteVocabulary(json);
                json.WriteStartArray("merges");
                foreach (var (left, right) in merges)
                {
                    json.WriteStartArray();
                    json.WriteStringValue(left);
                    json.WriteStringValue(right);
                    json.WriteEndArray();
                }

                json.WriteEndArray();
            },
            Spaces(),
            null,
            SpaceDecoder(),
            beginsText: true);
    }

    /// <summary>SentencePiece's unigram model: the cut whose pieces' scores add up to the most.</summary>
    private File Unigram()
    {
        var scores = _metadata.Numbers(Prefix + "scores") ?? throw _metadata.Fault(Prefix + "scores", "is missing", "a t5 tokenizer needs them");
        if (scores.Count != _tokens.Length) throw _metadata.Fault(Prefix + "scores", $"has {scores.Count:N0} entries", $"there are {_tokens.Length:N0} tokens");
        return Root(
            new JsonObject { ["type"] = "Unigram", ["unk_id"] = _metadata.Integer(Prefix + "unknown_token_id") ?? 2, ["byte_fallback"] = _tokens.Contains("<0x00>") },
            json =>
            {
                json.WriteStartArray("vocab");
                foreach (var (token, score) in _tokens.Zip(scores))
                {
                    json.WriteStartArray();
                    json.WriteStringValue(token);
                    json.WriteNumberValue(score);
                    json.WriteEndArray();
                }

                json.WriteEndArray();
            },
            Spaces(),
            null,
            SpaceDecoder(),
            beginsText: false);
    }

    private bool AddsSpace => _metadata.Flag(Prefix + "add_space_prefix") ?? true;

    private JsonObject Spaces()
    {
        var replace = new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = " " }, ["content"] = "\u2581" };
        return AddsSpace
            ? new JsonObject { ["type"] = "Sequence", ["normalizers"] = new JsonArray(new JsonObject { ["type"] = "Prepend", ["prepend"] = "\u2581" }, replace) }
            : replace;
    }

    private JsonObject SpaceDecoder()
    {
        var steps = new JsonArray(
            new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = "\u2581" }, ["content"] = " " },
            new JsonObject { ["type"] = "ByteFallback" },
            new JsonObject { ["type"] = "Fuse" });
        if (AddsSpace) steps.Add(new JsonObject { ["type"] = "Strip", ["content"] = " ", ["start"] = 1, ["stop"] = 0 });
        return new JsonObject { ["type"] = "Sequence", ["decoders"] = steps };
    }

    private File Root(JsonObject model, Action<Utf8JsonWriter> writeLists, JsonObject? normalizer, JsonObject? preTokenizer, JsonObject decoder, bool beginsText) => new(
        new JsonObject
        {
            ["added_tokens"] = AddedTokens(), ["normalizer"] = normalizer, ["pre_tokenizer"] = preTokenizer, ["post_processor"] = Around(beginsText),
            ["decoder"] = decoder,
        },
        model,
        writeLists);

    private JsonArray AddedTokens() => new([.. Enumerable.Range(0, _types.Count).Where(IsAdded).Select(id => (JsonNode)new JsonObject
    {
        ["id"] = id, ["content"] = _tokens[id], ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false,
        ["special"] = _types[id] is Control or Unknown,
    })]);

    // Runs of spaces are listed as added tokens by some converters, but are pieces that merges make.
    private bool IsAdded(int id) => _tokens[id].Length > 0 && (_types[id] is Control or Unknown || (_types[id] == UserDefined && _tokens[id].AsSpan().Trim('\u2581').Length > 0));

    private bool IsPiece(int id) => _types.Count == 0 || (_types[id] is 1 or UserDefined && !IsAdded(id));

    // Merges of what the vocabulary has not can never be made.
    private IEnumerable<string> Usable(IEnumerable<string> merges)
    {
        var known = new HashSet<string>(_tokens, StringComparer.Ordinal);
        return merges.Where(merge => merge.IndexOf(' ', 1) is > 0 and var space && known.Contains(merge[..space]) && known.Contains(merge[(space + 1)..]) && known.Contains(merge.Remove(space, 1)));
    }

    // Of tokens that are alike the last one's id counts.
    private void WriteVocabulary(Utf8JsonWriter json)
    {
        var ids = new Dictionary<string, int>(_tokens.Length, StringComparer.Ordinal);
        for (var id = 0; id < _tokens.Length; id++) ids[_tokens[id]] = id;
        json.WriteStartObject("vocab");
        foreach (var (token, id) in ids) json.WriteNumber(token, id);
        json.WriteEndObject();
    }

    private string? UnknownToken() => (_metadata.Integer(Prefix + "unknown_token_id") ?? 0) is var id && id >= 0 && id < _tokens.Length ? _tokens[(int)id] : null;

    private JsonObject? Around(bool beginsText)
    {
        var pieces = new JsonArray();
        var special = new JsonObject();
        if (_metadata.Flag(Prefix + "add_bos_token") ?? beginsText) Put("bos");
        pieces.Add(new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A", ["type_id"] = 0 } });
        if (_metadata.Flag(Prefix + "add_eos_token") ?? false) Put("eos");
        return special.Count == 0 ? null : new JsonObject { ["type"] = "TemplateProcessing", ["single"] = pieces, ["special_tokens"] = special };

        void Put(string role)
        {
            if (_metadata.Integer($"{Prefix}{role}_token_id") is not { } id || id < 0 || id >= _tokens.Length) return;
            var name = id.ToString(CultureInfo.InvariantCulture);
            pieces.Add(new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = name, ["type_id"] = 0 } });
            special[name] = new JsonObject { ["id"] = name, ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(_tokens[(int)id]) };
        }
    }

    /// <param name="Root">The file but for the model.</param>
    /// <param name="Model">The model but for its lists.</param>
    /// <param name="WriteLists">Writes the model's lists.</param>
    private sealed record File(JsonObject Root, JsonObject Model, Action<Utf8JsonWriter> WriteLists)
    {
        public void Write(Utf8JsonWriter json)
        {
            json.WriteStartObject();
            WriteMembers(json, Root);
            json.WriteStartObject("model");
            WriteMembers(json, Model);
            WriteLists(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        private static void WriteMembers(Utf8JsonWriter json, JsonObject members)
        {
            foreach (var (name, value) in members)
            {
                json.WritePropertyName(name);
                if (value is null) json.WriteNullValue();
                else value.WriteTo(json);
            }
        }
    }
}
