using System.Text.Json;
using Furiosa.Device.Loading;
using Google.Protobuf;

namespace Furiosa.Gateway.Text.Tokenizers.Files;

/// <summary>Reads <c>tokenizer.model</c>, SentencePiece's protocol buffer.</summary>
internal static class SentencePieceFile
{
    private const int Unigram = 1;
    private const int Bpe = 2;

    /// <exception cref="ModelTextException">The file cannot be read or used.</exception>
    public static TokenizerParts Load(string path, string directory) => TokenizerFile.Guard(path, () => Read(path, ModelJson.LoadOptional(directory, "tokenizer_config.json")));

    private static TokenizerParts Read(string path, JsonElement? config)
    {
        var pieces = new List<SentencePiece>();
        var settings = new SentencePieceSettings { PrefixFirstOnly = config?.Optional("legacy") is { ValueKind: JsonValueKind.False } };
        try
        {
            var input = new CodedInputStream(JsonDocumentFile.ReadBytes(path, JsonDocumentFile.MaxTokenizerBytes));
            for (uint tag; (tag = input.ReadTag()) != 0;)
            {
                switch (WireFormat.GetTagFieldNumber(tag))
                {
                    case 1: pieces.Add(ReadPiece(input.ReadBytes())); break;
                    case 2: settings = ReadTrainer(input.ReadBytes(), settings); break;
                    case 3: settings = ReadNormalizer(input.ReadBytes(), settings); break;
                    default: input.SkipLastField(); break;
                }

                if (pieces.Count > ModelReader.MostEntries)
                    throw new ModelTextException($"the model has more than {ModelReader.MostEntries} pieces.");
            }
        }
        catch (Exception error) when (error is InvalidProtocolBufferException or ModelFormatException)
        {
            throw new ModelTextException($"not a SentencePiece model: {error.Message}", error);
        }

        var parts = SentencePieceBuilder.Build(pieces, settings, AddedTokenReader.ReadDecoder(config?.Optional("added_tokens_decoder")));
        return parts with { Template = Template(pieces, config) };
    }

    // What LlamaTokenizer and its like do, unless the configuration says otherwise; T5 ends a text instead.
    private static TokenTemplate Template(List<SentencePiece> pieces, JsonElement? config)
    {
        var isT5 = config?.Optional("tokenizer_class")?.GetString()?.StartsWith("T5", StringComparison.Ordinal) == true;
        var begin = Find("bos_token", "<s>", config?.Flag("add_bos_token", otherwise: !isT5) ?? true);
        var end = Find("eos_token", "</s>", config?.Flag("add_eos_token", otherwise: isT5) ?? false);
        return new TokenTemplate(begin, end);

        int[] Find(string key, string usual, bool wanted)
        {
            var name = config?.Optional(key) is { } value ? value.ValueKind == JsonValueKind.Object ? value.Optional("content")?.GetString() : value.GetString() : usual;
            var id = wanted && name != null ? pieces.FindIndex(piece => piece.Kind == PieceKind.Control && piece.Text == name) : -1;
            return id < 0 ? [] : [id];
        }
    }

    private static SentencePiece ReadPiece(ByteString message)
    {
        var (input, text, score, kind) = (message.CreateCodedInput(), "", 0f, PieceKind.Normal);
        for (uint tag; (tag = input.ReadTag()) != 0;)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1: text = input.ReadString(); break;
                case 2: score = input.ReadFloat(); break;
                case 3: kind = (PieceKind)input.ReadEnum(); break;
                default: input.SkipLastField(); break;
            }
        }

        return new SentencePiece(text, score, kind);
    }

    private static SentencePieceSettings ReadTrainer(ByteString message, SentencePieceSettings settings)
    {
        var (input, type) = (message.CreateCodedInput(), Unigram);
        for (uint tag; (tag = input.ReadTag()) != 0;)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 3: type = input.ReadEnum(); break;
                case 35: settings = settings with { ByteFallback = input.ReadBool() }; break;
                case 24 when input.ReadBool(): throw new ModelTextException("the SentencePiece model writes spaces after words (treat_whitespace_as_suffix), which is not supported.");
                case 24: break;
                default: input.SkipLastField(); break;
            }
        }

        return type is Unigram or Bpe
            ? settings with { IsUnigram = type == Unigram }
            : throw new ModelTextException($"the SentencePiece model is of type {type}; unigram (1) and bpe (2) are supported.");
    }

    private static SentencePieceSettings ReadNormalizer(ByteString message, SentencePieceSettings settings)
    {
        var input = message.CreateCodedInput();
        settings = settings with { RemoveExtraSpaces = true }; // the format's default
        for (uint tag; (tag = input.ReadTag()) != 0;)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 2: settings = settings with { CharsMap = input.ReadBytes().ToByteArray() }; break;
                case 3: settings = settings with { AddPrefixSpace = input.ReadBool() }; break;
                case 4: settings = settings with { RemoveExtraSpaces = input.ReadBool() }; break;
                default: input.SkipLastField(); break;
            }
        }

        return settings;
    }
}
