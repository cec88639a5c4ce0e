using System.Collections.Immutable;

namespace Furiosa.Device.Loading.Quantized;

/// <summary>Puts weights whose rows are dequantised in the place of the codes, scales and zero points that a checkpoint holds.</summary>
internal static class QuantizedTensors
{
    private const string Weight = ".weight";

    // All that a module's rows are made from, in any of the formats.
    private static readonly string[] Parts =
        [Weight, ".weight_packed", ".weight_shape", ".weight_scale", ".weight_scale_inv", ".weight_zero_point", ".weight_g_idx", ".qweight", ".qzeros", ".scales", ".g_idx"];

    /// <summary>Replaces all quantised tensors; what they are made from is no tensor of the model any more.</summary>
    /// <param name="tensors">A checkpoint's tensors by name.</param>
    /// <param name="config">How they are quantised.</param>
    /// <exception cref="ModelFormatException">A tensor that belongs to another is missing or has another shape.</exception>
    public static void Replace(Dictionary<string, TensorView> tensors, QuantizationConfig config)
    {
        foreach (var name in tensors.Keys.ToArray())
        {
            if (!tensors.ContainsKey(name)) continue;
            if (name.EndsWith(Weight, StringComparison.Ordinal)) ReplacePlain(tensors, name[..^Weight.Length]);
            else if (name.EndsWith(".weight_packed", StringComparison.Ordinal)) ReplacePacked(tensors, name[..^".weight_packed".Length], config);
            else if (name.EndsWith(".qweight", StringComparison.Ordinal)) ReplaceWords(tensors, name[..^".qweight".Length], config);
            else if (name.EndsWith("_blocks", StringComparison.Ordinal)) ReplaceBlocks(tensors, name[..^"_blocks".Length]);
        }
    }

    private static void ReplacePlain(Dictionary<string, TensorView> tensors, string module)
    {
        var codes = tensors[module + Weight];
        if (codes.Type is not (TensorType.F8E4M3 or TensorType.I8) || codes.Shape.Length != 2) return;
        RequireElements(codes);
        var scales = tensors.GetValueOrDefault(module + ".weight_scale_inv") ?? tensors.GetValueOrDefault(module + ".weight_scale")
            ?? throw Missing(codes, module + ".weight_scale");
        long rows = codes.Shape[0], columns = codes.Shape[1];
        var grid = ScaleGrid.Of(scales, rows, columns);
        if (codes.Type == TensorType.F8E4M3)
        {
            Put(tensors, module, codes, codes.Shape, new Fp8Rows(codes, grid));
            return;
        }

        var groups = (int)((columns + grid.ColumnsInBlock - 1) / grid.ColumnsInBlock);
        var zeros = tensors.GetValueOrDefault(module + ".weight_zero_point");
        if (zeros is not null && (zeros.Type != TensorType.I8 || (zeros.ElementCount != 1 && zeros.ElementCount != rows * groups)))
            throw Wrong(zeros, $"is {zeros.Type} of [{string.Join(", ", zeros.Shape)}]", "it must be I8 with as many elements as there are scales");
        PutIntegers(tensors, module, new IntegerMatrix(
            WordOrder.Bytes, 8, rows, columns, codes, Spread(rows, groups, (row, group) => grid.At(row, group * grid.ColumnsInBlock)),
            zeros is null ? null : Spread(rows, groups, (row, group) => zeros.Bytes[zeros.ElementCount == 1 ? 0 : (int)(row * groups + group)]),
            groups, new InputGroups(grid.ColumnsInBlock, null)));
    }

    private static void ReplacePacked(Dictionary<string, TensorView> tensors, string module, QuantizationConfig config)
    {
        var words = tensors[module + ".weight_packed"];
        var bits = config.Bits is 4 or 8 ? config.Bits : 4;
        var shape = Find(tensors, words, module + ".weight_shape");
        if (shape.Type is not (TensorType.I64 or TensorType.I32) || shape.ElementCount != 2) throw Wrong(shape, "is no pair of whole numbers", "it must hold outputs and inputs");
        var (outputs, inputs) = shape.Type == TensorType.I64
            ? (BitConverter.ToInt64(shape.Bytes), BitConverter.ToInt64(shape.Bytes[8..])) : (BitConverter.ToInt32(shape.Bytes), BitConverter.ToInt32(shape.Bytes[4..]));
        // Once words are there for each output and input, both are as small as the file is, and what is taken for them too.
        if (outputs < 1 || inputs < 1 || inputs > long.MaxValue - 32) throw Wrong(shape, $"says [{outputs}, {inputs}]", "outputs and inputs must be at least 1");
        RequireWords(words, outputs, (inputs + 32 / bits - 1) / (32 / bits));
        var scales = Find(tensors, words, module + ".weight_scale");
        var groups = GroupsOf(scales, outputs);
        var zeros = tensors.GetValueOrDefault(module + ".weight_zero_point");
        if (zeros is not null) RequireWords(zeros, (outputs + 32 / bits - 1) / (32 / bits), groups);
        var groupOf = Groups(tensors, words, module + ".weight_g_idx", inputs, groups, config);
        var values = scales.ReadAll();
        PutIntegers(tensors, module, new IntegerMatrix(
            WordOrder.Rows, bits, outputs, inputs, words, Spread(outputs, groups, (row, group) => values[scales.ElementCount == 1 ? 0 : row * groups + group]),
            zeros is null ? null : Spread(outputs, groups, (row, group) => (byte)IntegerCodes.At(zeros, WordOrder.Columns, bits, group, row)),
            groups, groupOf));
    }

    private static void ReplaceWords(Dictionary<string, TensorView> tensors, string module, QuantizationConfig config)
    {
        if (config.Method is not (QuantizationMethod.Gptq or QuantizationMethod.Awq))
            throw Wrong(tensors[module + ".qweight"], "is packed as GPTQ or AWQ do", "config.json must say which in quantization_config.quant_method");
        var isAwq = config.Method == QuantizationMethod.Awq;
        TensorView words = tensors[module + ".qweight"], scales = Find(tensors, words, module + ".scales"), zeros = Find(tensors, words, module + ".qzeros");
        if (words.Shape.Length != 2 || scales.Shape.Length != 2 || !scales.Type.IsWeight()) throw Wrong(words, "or its scales are no matrices", "both must have two dimensions");
        RequireElements(words);
        RequireElements(scales);
        int inWord = 32 / config.Bits, groups = CountOf(scales, scales.Shape[0]);
        long outputs = scales.Shape[1], inputs = isAwq ? words.Shape[0] : words.Shape[0] * inWord;
        // Both pack zero points along the outputs, and neither fills a last word up.
        if (outputs % inWord != 0) throw Wrong(scales, $"is for {outputs} outputs", $"{inWord} outputs share a word of zero points, so they must be a multiple of that");
        RequireWords(words, isAwq ? inputs : inputs / inWord, isAwq ? outputs / inWord : outputs);
        RequireWords(zeros, groups, outputs / inWord);
        var groupOf = Groups(tensors, words, module + ".g_idx", inputs, groups, config);
        var values = scales.ReadAll();
        var mask = (1 << config.Bits) - 1;
        // Zero points lie as AWQ's codes do; GPTQ packs them along the outputs in plain order.
        byte Zero(long row, int group) => (byte)(((int)IntegerCodes.At(zeros, isAwq ? WordOrder.Interleaved : WordOrder.Rows, config.Bits, isAwq ? row : group, isAwq ? group : row) + config.ZeroPlus) & mask);
        PutIntegers(tensors, module, new IntegerMatrix(
            isAwq ? WordOrder.Interleaved : WordOrder.Columns, config.Bits, outputs, inputs, words,
            Spread(outputs, groups, (row, group) => values[group * outputs + row]), Spread(outputs, groups, Zero), groups, groupOf));
    }

    private static void ReplaceBlocks(Dictionary<string, TensorView> tensors, string name)
    {
        var blocks = tensors[name + "_blocks"];
        if (blocks.Type != TensorType.U8 || blocks.Shape.Length < 3 || blocks.Shape[^1] != 16) return;
        var scales = Find(tensors, blocks, name + "_scales");
        if (scales.Type is not (TensorType.U8 or TensorType.F8E8M0) || !scales.Shape.SequenceEqual(blocks.Shape.SkipLast(1)))
            throw Wrong(scales, $"is {scales.Type} of [{string.Join(", ", scales.Shape)}]", $"it must be U8 of [{string.Join(", ", blocks.Shape.SkipLast(1))}]");
        ImmutableArray<long> shape = [.. blocks.Shape.SkipLast(2), blocks.Shape[^2] * 32];
        tensors.Remove(scales.Name);
        // Unlike the unquantised form, which has inputs as rows, and therefore under the blocks' name.
        tensors[name + "_blocks"] = new TensorView(blocks.File, name + "_blocks", TensorType.F32, shape, blocks.ByteLength + scales.ByteLength, new Mxfp4Rows(blocks, scales));
    }

    private static void PutIntegers(Dictionary<string, TensorView> tensors, string module, IntegerMatrix matrix)
    {
        if (matrix.Zeros is not null && matrix.Order != WordOrder.Bytes && matrix.Zeros.All(zero => zero == 1 << (matrix.Bits - 1))) matrix = matrix with { Zeros = null };
        var size = matrix.GroupOf.Size;
        var width = size == 0 ? 0 : new[] { 32, 16, 8, 4, 2, 1 }.First(candidate => size % candidate == 0 || size >= matrix.Inputs);
        RowDecoder rows = width == 0 || (matrix.Zeros is not null && matrix.Bits == 8) ? new ListedIntegerRows(matrix) : new IntegerRows(matrix, width);
        Put(tensors, module, matrix.Codes, [matrix.Outputs, matrix.Inputs], rows);
    }

    private static void Put(Dictionary<string, TensorView> tensors, string module, TensorView stored, ImmutableArray<long> shape, RowDecoder rows)
    {
        var bytes = 0L;
        foreach (var part in Parts)
        {
            if (tensors.Remove(module + part, out var used)) bytes += used.ByteLength;
        }

        tensors.Add(module + Weight, new TensorView(stored.File, module + Weight, TensorType.F32, shape, bytes, rows));
    }

    private static T[] Spread<T>(long outputs, int groups, Func<long, int, T> at)
    {
        var values = new T[checked(outputs * groups)];
        for (var row = 0L; row < outputs; row++)
        {
            for (var group = 0; group < groups; group++) values[row * groups + group] = at(row, group);
        }

        return values;
    }

    private static int GroupsOf(TensorView scales, long outputs)
    {
        if (!scales.Type.IsWeight()) throw Wrong(scales, $"has dtype {scales.Type}", "scales must be BF16, F16 or F32");
        if (scales.ElementCount == 1) return 1;
        RequireElements(scales);
        return scales.ElementCount % outputs == 0 && scales.Shape[0] == outputs
            ? CountOf(scales, scales.ElementCount / outputs)
            : throw Wrong(scales, $"has shape [{string.Join(", ", scales.Shape)}]", $"it must have some scales for each of {outputs} outputs");
    }

    private static int CountOf(TensorView scales, long groups) =>
        groups <= int.MaxValue ? (int)groups : throw Wrong(scales, $"has scales for {groups} groups", $"at most {int.MaxValue} are accepted");

    private static InputGroups Groups(
        Dictionary<string, TensorView> tensors, TensorView words, string name, long inputs, int groups, QuantizationConfig config)
    {
        // Groups of a list that never leaves its order are runs.
        var size = groups == 1 ? inputs : config.GroupSize > 0 ? config.GroupSize : (inputs + groups - 1) / groups;
        if (groups != (inputs + size - 1) / size)
            throw Wrong(words, $"has scales for {groups} groups", $"config.json says that {size} of the {inputs} inputs share one");
        if (tensors.GetValueOrDefault(name) is not { } list) return new InputGroups(size, null);
        if (list.Type != TensorType.I32 || list.ElementCount != inputs) throw Wrong(list, $"is {list.Type} of [{string.Join(", ", list.Shape)}]", $"it must be I32 of [{inputs}]");
        var indices = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(list.Bytes).ToArray();
        if (indices.Any(index => index < 0 || index >= groups)) throw Wrong(list, "names a group that does not exist", $"groups are 0 to {groups - 1}");
        return indices.Select((group, input) => group == input / size).All(same => same) ? new InputGroups(size, null) : new InputGroups(size, indices);
    }

    // A matrix without elements may claim any size, and no input of it has a group.
    private static void RequireElements(TensorView tensor)
    {
        if (tensor.ElementCount == 0) throw Wrong(tensor, $"has shape [{string.Join(", ", tensor.Shape)}]", "outputs, inputs and groups must be at least 1");
    }

    private static void RequireWords(TensorView words, long rows, long columns)
    {
        if (words.Type is not (TensorType.I32 or TensorType.U32) || words.Shape.Length != 2 || words.Shape[0] != rows || words.Shape[1] != columns)
            throw Wrong(words, $"is {words.Type} of [{string.Join(", ", words.Shape)}]", $"it must be I32 of [{rows}, {columns}]");
    }

    private static TensorView Find(Dictionary<string, TensorView> tensors, TensorView beside, string name) => tensors.GetValueOrDefault(name) ?? throw Missing(beside, name);

    private static ModelFormatException Missing(TensorView tensor, string needed) =>
        new(tensor.File, $"tensor '{needed}'", "is missing", $"the quantised '{tensor.Name}' cannot be read without it");

    private static ModelFormatException Wrong(TensorView tensor, string problem, string remedy) => new(tensor.File, $"tensor '{tensor.Name}'", problem, remedy);
}
