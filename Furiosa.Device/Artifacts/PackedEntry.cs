using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Furiosa.Device.Kernels;
using Furiosa.Device.Kernels.Coded;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Artifacts;

/// <summary>Where a packed matrix stands in an artifact, and its form.</summary>
/// <param name="Shard">Which shard.</param>
/// <param name="Offset">Its first byte there, a multiple of 64.</param>
/// <param name="Form">Its form.</param>
internal sealed record PackedEntry(int Shard, long Offset, MatrixForm Form)
{
    /// <summary>What a matrix is made of: the same for the one that is built and the one that is asked for.</summary>
    public static string KeyOf(ReadOnlySpan<WeightRows> sources, int firstInput, int[] chunkStarts)
    {
        var parts = new List<string>();
        foreach (var source in sources) parts.Add(string.Create(CultureInfo.InvariantCulture, $"{source.Tensor.Name}[{source.First}+{source.Count}*{source.Step}]{(source.ByInput ? $" by input {source.FirstInput}" : "")}"));
        return string.Create(CultureInfo.InvariantCulture, $"{string.Join(" ", parts)} from {firstInput}: {string.Join(",", chunkStarts)}");
    }

    /// <summary>The entry as JSON.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["shard"] = Shard, ["offset"] = Offset, ["format"] = Form.Format.ToString(), ["columns"] = Form.Columns,
            ["chunks"] = new JsonArray([.. Form.ChunkStarts.Select(start => (JsonNode)start)]), ["bias"] = Form.HasBias,
        };
        if (Form.IsCompressed) json["compressed"] = true;
        if (Form.Codes is not { } codes) return json;
        json["group_size"] = codes.GroupSize;
        json["table"] = new JsonArray([.. codes.Table.Select(code => (JsonNode)(int)code)]);
        json["has_offset"] = codes.HasOffset;
        json["is_float"] = codes.IsFloat;
        json["scales"] = codes.Scales.ToString();
        json["block_inputs"] = codes.BlockInputs;
        return json;
    }

    /// <summary>Reads an entry.</summary>
    /// <exception cref="ModelFormatException">It is malformed.</exception>
    public static PackedEntry Read(string path, string key, JsonElement json)
    {
        var problems = new List<string>();
        var fields = new JsonFields(json, problems, $"{key}: ");
        var format = Enum.TryParse<WeightFormat>(fields.Text("format"), out var known) && Enum.IsDefined(known) ? known : (WeightFormat?)null;
        if (format is null) fields.Problem("format", "is not known");
        var chunks = fields.IntOrInts("chunks", 0, int.MaxValue);
        if (chunks.Count is not (2 or 3 or 5 or 9) || chunks[0] != 0 || chunks.Zip(chunks.Skip(1)).Any(pair => pair.First > pair.Second)) fields.Problem("chunks", "must be two, three, five or nine ascending numbers from 0 on");
        var offset = json.TryGetProperty("offset", out var place) && place.ValueKind == JsonValueKind.Number && place.TryGetInt64(out var at) && at >= 0 && at % 64 == 0 ? at : -1;
        if (offset < 0) fields.Problem("offset", "must be a multiple of 64");
        var isCompressed = fields.Bool("compressed") ?? false;
        if (isCompressed && format != WeightFormat.Bf16) fields.Problem("compressed", "must be false where weights are not Bf16");
        var codes = format == WeightFormat.Codes ? ReadCodes(fields) : null;
        var entry = new PackedEntry(fields.RequiredInt("shard", 0, 100_000), offset, new MatrixForm(format ?? WeightFormat.F32, fields.RequiredInt("columns", 0, 1 << 24), [.. chunks], fields.Bool("bias") ?? false, codes, isCompressed));
        return problems.Count == 0 ? entry : throw new ModelFormatException($"{path}: {string.Join("; ", problems)}");
    }

    private static CodeLayout? ReadCodes(JsonFields fields)
    {
        var table = fields.IntOrInts("table", -128, 127);
        var (group, blockInputs) = (fields.Int("group_size", 16, 32) ?? 32, fields.Int("block_inputs", 16, 256) ?? 0);
        bool hasOffset = fields.Bool("has_offset") ?? false, isFloat = fields.Bool("is_float") ?? false;
        if (!Enum.TryParse<CodeScales>(fields.Text("scales"), out var scales) || !Enum.IsDefined(scales))
            fields.Problem("scales", "is missing or not known, as in artifacts of earlier versions, which kept codes in another order: build the artifact again");
        else if (table.Count is not (0 or 16) || group is not (16 or 32))
            fields.Problem("table", "must have sixteen codes or none, in groups of 16 or 32");
        else if (table.Count > 0 && isFloat)
            fields.Problem("table", "must be empty where codes are floats, which take a byte each");
        else if (scales == CodeScales.Products && (blockInputs == 0 || blockInputs % group != 0))
            fields.Problem("block_inputs", "must be a multiple of 'group_size'");
        else
            return new CodeLayout(group, [.. table.Select(code => (sbyte)code)], hasOffset, isFloat, scales, blockInputs);
        return null;
    }
}
