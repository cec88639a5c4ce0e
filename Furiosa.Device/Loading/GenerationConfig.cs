using System.Collections.Immutable;
using System.Text.Json;

namespace Furiosa.Device.Loading;

/// <summary>The defaults a model's author ships in <c>generation_config.json</c>. Null means that the file is silent.</summary>
public sealed record GenerationConfig
{
    /// <summary>The file's name.</summary>
    public const string FileName = "generation_config.json";

    /// <summary>Nothing set: what a model without the file has.</summary>
    public static GenerationConfig Empty { get; } = new();

    /// <summary>Ids that end a text; empty when the file is silent.</summary>
    public ImmutableArray<int> EosTokenIds { get; init; } = [];

    /// <summary>Whether tokens are drawn (true) or the best one taken (false).</summary>
    public bool? DoSample { get; init; }

    /// <summary>Divides the logits before drawing.</summary>
    public double? Temperature { get; init; }

    /// <summary>How many of the likeliest tokens stay.</summary>
    public int? TopK { get; init; }

    /// <summary>The smallest set of likeliest tokens with this much probability stays.</summary>
    public double? TopP { get; init; }

    /// <summary>Tokens below this share of the likeliest one's probability go.</summary>
    public double? MinP { get; init; }

    /// <summary>Divides (or multiplies, when negative) the logits of ids that came before.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>New tokens at most.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>New tokens at least.</summary>
    public int? MinNewTokens { get; init; }

    /// <summary>The power of the length that beam scores are divided by.</summary>
    public double? LengthPenalty { get; init; }

    /// <summary>When a beam search stops: <c>true</c>, <c>false</c> or <c>never</c>.</summary>
    public string? EarlyStopping { get; init; }

    /// <summary>Reads the file of a directory, or gives <see cref="Empty"/> when there is none.</summary>
    /// <param name="directory">The model's directory.</param>
    /// <exception cref="ModelFormatException">The file is malformed or holds values out of range.</exception>
    public static GenerationConfig Read(ModelDirectory directory) =>
        directory.Has(FileName) ? Parse(directory.ReadJson(FileName), directory.PathOf(FileName)) : Empty;

    /// <summary>Parses the file's root object.</summary>
    /// <param name="root">The object.</param>
    /// <param name="file">The path to name in errors.</param>
    /// <exception cref="ModelFormatException">Values are out of range; the message lists all of them.</exception>
    public static GenerationConfig Parse(JsonElement root, string file)
    {
        var problems = new List<string>();
        var fields = new JsonFields(root, problems);
        var config = new GenerationConfig
        {
            EosTokenIds = [.. fields.IntOrInts("eos_token_id", 0, int.MaxValue)],
            DoSample = fields.Bool("do_sample"),
            Temperature = fields.Number("temperature", 0, 1000),
            TopK = fields.Int("top_k", -1, int.MaxValue),
            TopP = fields.Number("top_p", 0, 1),
            MinP = fields.Number("min_p", 0, 1),
            RepetitionPenalty = fields.Number("repetition_penalty", 1e-6, 1000),
            MaxNewTokens = fields.Int("max_new_tokens", 1, int.MaxValue),
            MinNewTokens = fields.Int("min_new_tokens", 0, int.MaxValue),
            LengthPenalty = fields.Number("length_penalty", -1000, 1000),
            EarlyStopping = ReadEarlyStopping(fields),
        };
        if (problems.Count > 0) throw new ModelFormatException($"{file}: {string.Join("; ", problems)}");
        return config;
    }

    private static string? ReadEarlyStopping(JsonFields fields)
    {
        switch (fields.Find("early_stopping"))
        {
            case null: return null;
            case { ValueKind: JsonValueKind.True }: return "true";
            case { ValueKind: JsonValueKind.False }: return "false";
            case { ValueKind: JsonValueKind.String } text when text.ValueEquals("never"): return "never";
            case { } other:
                fields.Problem("early_stopping", $"is {JsonFields.Show(other)}, but must be true, false or \"never\"");
                return null;
        }
    }
}
