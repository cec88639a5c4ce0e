using System.Text.Json;

namespace Furiosa.Device.Loading.Quantized;

/// <summary>How a checkpoint's weights are quantised, from the <c>quantization_config</c> of <c>config.json</c>.</summary>
/// <param name="Method">The format.</param>
/// <param name="Bits">Bits of a code of the integer formats.</param>
/// <param name="ZeroPlus">What is added to a stored zero point (1 in GPTQ's first format).</param>
/// <param name="GroupSize">Inputs that share a scale, 0 where the numbers of inputs and scales tell.</param>
internal sealed record QuantizationConfig(QuantizationMethod Method, int Bits, int ZeroPlus, int GroupSize)
{
    /// <summary>The key in <c>config.json</c>.</summary>
    public const string Key = "quantization_config";

    private const string Supported = "fp8, fbgemm_fp8, compressed-tensors, gptq, awq and mxfp4";

    /// <summary>A checkpoint of plain numbers.</summary>
    public static QuantizationConfig None { get; } = new(QuantizationMethod.None, 0, 0, 0);

    /// <summary>Reads the field of a <c>config.json</c>; a method or option that is not supported is noted as a problem.</summary>
    /// <param name="root">The file.</param>
    public static QuantizationConfig Read(JsonFields root)
    {
        if (root.Object(Key) is not { } fields) return None;
        switch (fields.Text("quant_method"))
        {
            case "fp8" or "fbgemm_fp8" or "fp8_e4m3":
                return new(QuantizationMethod.Fp8, 8, 0, 0);
            case "modelopt" when (fields.Text("quant_algo") ?? fields.Object("quantization")?.Text("quant_algo")) is "FP8":
                return new(QuantizationMethod.Fp8, 8, 0, 0);
            case "compressed-tensors" or "compressed_tensors":
                return ReadCompressed(fields);
            case "gptq":
                return new(QuantizationMethod.Gptq, BitsOf(fields, 2, 4, 8), fields.Text("checkpoint_format") == "gptq_v2" ? 0 : 1, GroupSizeOf(fields));
            case "awq":
                if (fields.Text("version") is { } version && !version.Equals("gemm", StringComparison.OrdinalIgnoreCase))
                    fields.Problem("version", $"is \"{version}\", but only gemm is supported");
                return new(QuantizationMethod.Awq, BitsOf(fields, 4), 0, GroupSizeOf(fields));
            case "mxfp4":
                return new(QuantizationMethod.Mxfp4, 4, 0, 0);
            case var method:
                fields.Problem("quant_method", $"is {(method is null ? "missing" : $"\"{method}\"")}, but must be one of {Supported}");
                return None;
        }
    }

    private static int BitsOf(JsonFields fields, params int[] allowed)
    {
        var bits = fields.Int("bits", 1, 16) ?? fields.Int("w_bit", 1, 16);
        if (bits is { } given && allowed.Contains(given)) return given;
        fields.Problem("bits", $"is {(bits is null ? "missing" : bits)}, but must be {string.Join(" or ", allowed)}");
        return allowed[0];
    }

    private static int GroupSizeOf(JsonFields fields) => Math.Max(0, fields.Int("group_size", -1, 1 << 20) ?? fields.Int("q_group_size", -1, 1 << 20) ?? 0);

    // The tensors say the rest: shapes of scales give the strategy, zero points whether codes are symmetric.
    private static QuantizationConfig ReadCompressed(JsonFields fields)
    {
        if (fields.Object("sparsity_config")?.Text("format") is { } sparsity and not "dense") fields.Problem("sparsity_config.format", $"is \"{sparsity}\", but only dense is supported");
        if (fields.Object("transform_config")?.Find("config_groups") is { ValueKind: JsonValueKind.Object } transforms && transforms.EnumerateObject().Any())
            fields.Problem("transform_config", "rotates weights, which is not supported");
        var packed = new QuantizationConfig(QuantizationMethod.Compressed, 0, 0, 0);
        if (fields.Find("config_groups") is { ValueKind: JsonValueKind.Object } groups)
        {
            foreach (var group in groups.EnumerateObject()) packed = ReadGroup(fields.Object("config_groups")!.Object(group.Name), fields.Text("format"), packed);
        }

        return packed;
    }

    private static QuantizationConfig ReadGroup(JsonFields? group, string? format, QuantizationConfig packed)
    {
        if (group?.Object("weights") is not { } weights) return packed;
        format = group.Text("format") ?? format;
        if (format is not ("float-quantized" or "int-quantized" or "naive-quantized" or "pack-quantized" or null))
            group.Problem("format", $"is \"{format}\", but must be float-quantized, int-quantized, naive-quantized or pack-quantized");
        var bits = weights.Int("num_bits", 1, 16) ?? 0;
        var isFloat = weights.Text("type") == "float";
        if (isFloat ? bits != 8 : bits is not (4 or 8)) weights.Problem("num_bits", $"is {bits}, but must be {(isFloat ? "8 for floats" : "4 or 8")}");
        if (isFloat || format != "pack-quantized") return packed;
        var own = packed with { Bits = bits, GroupSize = GroupSizeOf(weights) };
        if (packed.Bits != 0 && packed != own) weights.Problem("num_bits", $"is {bits} in groups of {own.GroupSize}, but another group has {packed.Bits} in groups of {packed.GroupSize}: packed groups must agree");
        return own;
    }
}

/// <summary>The formats of quantised safetensors checkpoints.</summary>
internal enum QuantizationMethod
{
    /// <summary>Plain numbers.</summary>
    None,
    /// <summary>8-bit floats with scales for the tensor, each output or each square block.</summary>
    Fp8,
    /// <summary>compressed-tensors: 8-bit floats, bytes or packed integers.</summary>
    Compressed,
    /// <summary>GPTQ: integers packed along the inputs.</summary>
    Gptq,
    /// <summary>AWQ: 4-bit integers packed along the outputs, in its own order.</summary>
    Awq,
    /// <summary>MXFP4: experts of 4-bit floats with a power of two for each 32.</summary>
    Mxfp4,
}
