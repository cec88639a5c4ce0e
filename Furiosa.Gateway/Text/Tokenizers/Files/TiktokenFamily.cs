using System.Text.Json;
using Furiosa.Gateway.Text.Tokenizers.Cutting;

namespace Furiosa.Gateway.Text.Tokenizers.Files;

/// <summary>What a tiktoken list does not say itself: how text is cut, and the special tokens.</summary>
/// <param name="Pattern">The pattern of words.</param>
/// <param name="Special">The special tokens; those without an id follow the ranks.</param>
/// <param name="Begin">The special token that texts begin with, or null.</param>
/// <param name="Composes">Whether text is composed (NFC) first.</param>
internal sealed record TiktokenFamily(string Pattern, IReadOnlyList<(string Text, int? Id)> Special, string? Begin = null, bool Composes = false)
{
    private static readonly TiktokenFamily Gpt2 = new(Patterns.Gpt2, [("<|endoftext|>", 50256)]);
    private static readonly TiktokenFamily Cl100k = new(
        Patterns.Cl100k, [("<|endoftext|>", 100257), ("<|fim_prefix|>", 100258), ("<|fim_middle|>", 100259), ("<|fim_suffix|>", 100260), ("<|endofprompt|>", 100276)]);

    private static readonly TiktokenFamily O200k = new(Patterns.O200k, [("<|endoftext|>", 199999), ("<|endofprompt|>", 200018)]);
    private static readonly TiktokenFamily Qwen = new(
        Patterns.Qwen, [("<|endoftext|>", null), ("<|im_start|>", null), ("<|im_end|>", null), .. Enumerable.Range(0, 205).Select(i => ($"<|extra_{i}|>", (int?)null))], Composes: true);

    private static readonly TiktokenFamily Llama3 = new(
        Patterns.Cl100k,
        [
            ("<|begin_of_text|>", null), ("<|end_of_text|>", null), ("<|reserved_special_token_0|>", null), ("<|reserved_special_token_1|>", null),
            ("<|finetune_right_pad_id|>", null), ("<|reserved_special_token_2|>", null), ("<|start_header_id|>", null), ("<|end_header_id|>", null),
            ("<|eom_id|>", null), ("<|eot_id|>", null), ("<|python_tag|>", null),
            .. Enumerable.Range(3, 245).Select(i => ($"<|reserved_special_token_{i}|>", (int?)null)),
        ],
        Begin: "<|begin_of_text|>");

    private static readonly TiktokenFamily Kimi = new(Patterns.Kimi, [("[BOS]", null), ("[EOS]", null)]);

    /// <summary>The family: by the configuration's own pattern, by the file's name, by the tokenizer's class, else by the number of tokens.</summary>
    /// <exception cref="ModelTextException">None fits.</exception>
    public static TiktokenFamily Find(int count, string file, JsonElement? config)
    {
        if ((config?.Optional("pat_str") ?? config?.Optional("pattern")) is { ValueKind: JsonValueKind.String } pattern)
            return new TiktokenFamily(pattern.Text(), []);
        var type = config?.Optional("tokenizer_class")?.GetString() ?? "";
        if (file.StartsWith("cl100k", StringComparison.Ordinal)) return Cl100k;
        if (file.StartsWith("o200k", StringComparison.Ordinal)) return O200k;
        if (file.StartsWith("qwen", StringComparison.OrdinalIgnoreCase) || type.StartsWith("QWen", StringComparison.OrdinalIgnoreCase)) return Qwen;
        if (file.StartsWith("r50k", StringComparison.Ordinal) || file.StartsWith("p50k", StringComparison.Ordinal) || file.StartsWith("gpt2", StringComparison.Ordinal)) return Gpt2;
        if (type.StartsWith("TikTokenTokenizer", StringComparison.OrdinalIgnoreCase)) return Kimi;
        return count switch
        {
            50256 or 50257 => Gpt2,
            100256 or 100000 => Cl100k,
            128000 => Llama3,
            151643 => Qwen,
            163584 => Kimi,
            199998 or 200000 => O200k,
            _ => throw new ModelTextException($"a tiktoken list of {count} tokens does not say how text is cut into words: give it as \"pat_str\" in tokenizer_config.json."),
        };
    }

    /// <summary>The special tokens for a list of so many ranks.</summary>
    public IReadOnlyList<AddedToken> AddedTokens(int count) =>
        [.. Special.Select((token, i) => new AddedToken(token.Id ?? count + i, token.Text, SingleWord: false, LeftStrip: false, RightStrip: false, Normalized: false, Special: true))];
}
