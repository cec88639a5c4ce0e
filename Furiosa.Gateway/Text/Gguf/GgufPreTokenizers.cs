namespace Furiosa.Gateway.Text.Gguf;

/// <summary>How the tokenizers that <c>tokenizer.ggml.pre</c> names cut text before merging.</summary>
internal static class GgufPreTokenizers
{
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string LettersAlone = @"[^\r\n\p{L}\p{N}]?\p{L}+";
    private const string Rest = @" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string RestWithSlash = @" ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Upper = @"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]";
    private const string Lower = @"[\p{Ll}\p{Lm}\p{Lo}\p{M}]";

    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private const string Llama3 = $@"{Contractions}|{LettersAlone}|\p{{N}}{{1,3}}|{Rest}";
    private const string Qwen2 = $@"{Contractions}|{LettersAlone}|\p{{N}}|{Rest}";
    private const string Gpt4O = $@"[^\r\n\p{{L}}\p{{N}}]?{Upper}*{Lower}+{Contractions}?|[^\r\n\p{{L}}\p{{N}}]?{Upper}+{Lower}*{Contractions}?|\p{{N}}{{1,3}}|{RestWithSlash}";
    private const string Tekken = $@"[^\r\n\p{{L}}\p{{N}}]?{Upper}*{Lower}+|[^\r\n\p{{L}}\p{{N}}]?{Upper}+{Lower}*|\p{{N}}|{RestWithSlash}";
    private const string Exaone4 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+";

    private const string DeepSeek3 = @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string SeedCoder = $@"{Contractions}|{LettersAlone}|\p{{N}}| ?[^\s\p{{L}}\p{{N}}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Ideographs = @"[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+";

    // Letters with a case, but for those that came to Unicode late or have it in name only.
    private const string Cased = @"(?:(?![\u0560-\u0588\u10c7-\u10ff\u1c80-\u1c88\u2d00-\u2d2d\ua790-\ua7fa\uab30-\uab68])[\p{Lu}\p{Ll}\p{Lt}])";

    private static readonly Dictionary<string, Rules> All = new(StringComparer.Ordinal);

    static GgufPreTokenizers()
    {
        Add(new([Llama3], IgnoresMerges: true, BeginsText: true), "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "smollm3");
        Add(new([Llama3]), "dbrx", "smaug-bpe", "glm4", "chatglm-bpe");
        Add(new([Qwen2], Composes: true), "qwen2", "deepseek-r1-qwen", "megrez");
        Add(new([Qwen2]), "stablelm2", "hunyuan");
        Add(new([Gpt2]), "gpt-2", "phi-2", "mpt", "olmo", "jais", "trillion", "granite-docling", "roberta-bpe", "gigachat");
        Add(new([@"\p{N}", Gpt2]), "starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b");
        Add(new([Gpt4O]), "gpt-4o", "llama4", "minimax-m2");
        Add(new([@"\p{N}{1,3}", @"[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+", DeepSeek3]), "deepseek-v3", "hunyuan-dense");
        Add(new([@"[\r\n]", $@"\s?{Cased}+", @"\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+", @"\s+$", Ideographs, @"\p{N}"]), "deepseek-llm");
        Add(new([@"[\r\n]", @"\s?\p{L}+", @"\s?\p{P}+", Ideographs, @"\p{N}"]), "deepseek-coder");
        Add(new([SeedCoder]), "seed-coder");
        Add(new([@"[\p{P}\$\+<=>\^~\|`]+", Gpt2, "[0-9][0-9][0-9]"]), "falcon");
        Add(new([Tekken], IgnoresMerges: true, BeginsText: true), "tekken");
        Add(new([Exaone4]), "exaone4");
        Add(new([@"[\p{P}\$\+<=>\^~\|]+", Gpt2, @"\p{N}+", "[0-9][0-9][0-9]"]), "default");
    }

    /// <summary>All names.</summary>
    public static string Names => string.Join(", ", All.Keys);

    /// <summary>The rules of a name, or null.</summary>
    public static Rules? Find(string name) => All.GetValueOrDefault(name);

    private static void Add(Rules rules, params string[] names)
    {
        foreach (var name in names) All.Add(name, rules);
    }

    /// <param name="Patterns">Patterns whose matches, one pattern after the other, cut a text.</param>
    /// <param name="IgnoresMerges">Whether a piece that is a token is one, whatever merges would make of it.</param>
    /// <param name="BeginsText">Whether texts begin with the beginning-of-text token where the file is silent.</param>
    /// <param name="Composes">Whether text is brought to Unicode's composed form first.</param>
    public sealed record Rules(string[] Patterns, bool IgnoresMerges = false, bool BeginsText = false, bool Composes = false);
}
