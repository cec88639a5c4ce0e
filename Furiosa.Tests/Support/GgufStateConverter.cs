using System.Globalization;
using Furiosa.Device.Loading;
using Furiosa.Device.Models;

namespace Furiosa.Tests.Support;

/// <summary>What llama.cpp's converter makes of layers that keep a state.</summary>
internal static partial class GgufConverter
{
    private static void WithStates(GgufWriter writer, string family, ModelConfig config)
    {
        if (config.Recurrent is not { } sizes) return;
        void Set(string key, object value) => writer.Set($"{family}.{key}", value);
        Set("ssm.conv_kernel", sizes.ConvLength);
        Set("ssm.state_size", sizes.StateDim);
        Set("ssm.group_count", sizes.GroupCount);
        Set("ssm.time_step_rank", sizes.HeadCount);
        Set("ssm.inner_size", sizes.Width);
        // Pairs that take turns for positions in three dimensions, which are one for text.
        if (family.StartsWith("qwen35", StringComparison.Ordinal)) Set("rope.dimension_sections", new[] { (config.RotaryDim / 2 + 2) / 3, (config.RotaryDim / 2 + 1) / 3, config.RotaryDim / 6, 0 });
        if (sizes.Kind == RecurrentKind.GatedDelta) Set("attention.recurrent_layers", sizes.Layers.ToArray());
        else WithKinds(family, config, Set);
    }

    // What layers have not is listed as none.
    private static void WithKinds(string family, ModelConfig config, Action<string, object> set)
    {
        if (family == "mamba2")
        {
            set("attention.head_count", 0);
            set("feed_forward_length", 0);
            return;
        }

        bool Is(int layer, LayerParts part) => config.Parts is not { } parts || parts[layer].HasFlag(part);
        set("attention.head_count_kv", Enumerable.Range(0, config.LayerCount).Select(layer => config.IsRecurrent(layer) || !Is(layer, LayerParts.Mixing) ? 0 : config.KvHeadCount).ToArray());
        if (family == "granitehybrid") set("rope.scaling.finetuned", config.Architecture == "BambaForCausalLM");
        if (config.Experts is { } routed && family == "granitehybrid") set("feed_forward_length", routed.Width);
        if (config.Parts is not null)
            set("feed_forward_length", Enumerable.Range(0, config.LayerCount).Select(layer => Is(layer, LayerParts.FeedForward) ? config.Experts?.Width ?? config.IntermediateSize : 0).ToArray());
    }

    // A random checkpoint has what other layers have, too.
    private static bool IsOfAnother(ModelConfig config, int layer, string part)
    {
        if (config.Recurrent is null) return false;
        if (config.Names.Recurrent != "mixer.") return part.StartsWith(config.IsRecurrent(layer) ? "self_attn." : config.Names.Recurrent, StringComparison.Ordinal);
        var isAttention = part is "mixer.q_proj" or "mixer.k_proj" or "mixer.v_proj" or "mixer.o_proj";
        var isFeedForward = part is "mixer.up_proj" or "mixer.down_proj" || part.StartsWith("mixer.gate", StringComparison.Ordinal) || part.Contains("experts", StringComparison.Ordinal);
        if (config.Parts is { } parts && parts[layer] == LayerParts.FeedForward)
            return part != "norm" && (!isFeedForward || config.HasExperts(layer) != (part is not ("mixer.up_proj" or "mixer.down_proj")));
        return part != "norm" && (isFeedForward || isAttention == config.IsRecurrent(layer));
    }

    private static bool TryState(GgufWriter writer, ModelConfig config, string layer, string prefix, string part, string suffix, TensorView tensor)
    {
        if (config.Recurrent is not { } sizes || layer.Length == 0 || !config.IsRecurrent(int.Parse(layer, CultureInfo.InvariantCulture))) return false;
        if (!part.StartsWith(config.Names.Recurrent, StringComparison.Ordinal)) return false;
        part = part[config.Names.Recurrent.Length..];
        var isTiled = sizes.Kind == RecurrentKind.GatedDelta && !config.Names.RecurrentByGroup;
        int keys = 2 * sizes.GroupCount * sizes.StateDim, dim = sizes.HeadDim;
        float[] values = tensor.ReadAll(), tiled = values;
        void Add(string name, float[] data, params long[] shape) => writer.Add(prefix + name, shape, 0, Bytes(data));
        float[] Tiled(int first, int each) => isTiled ? WithTiledHeads(values, sizes, (int)tensor.Shape[0], first, each) : tiled;
        switch (part)
        {
            case "in_proj_qkvz":
                var (qkv, z) = Straightened(values, sizes);
                Add("attn_qkv.weight", qkv, sizes.ConvWidth, config.HiddenSize);
                Add("attn_gate.weight", z, sizes.Width, config.HiddenSize);
                break;
            case "in_proj_ba": Add("ssm_ba.weight", values, [.. tensor.Shape]); break;
            case "in_proj_qkv": Add("attn_qkv.weight", Tiled(keys, dim), [.. tensor.Shape]); break;
            case "in_proj_z": Add("attn_gate.weight", Tiled(0, dim), [.. tensor.Shape]); break;
            case "in_proj_a": Add("ssm_alpha.weight", Tiled(0, 1), [.. tensor.Shape]); break;
            case "in_proj_b": Add("ssm_beta.weight", Tiled(0, 1), [.. tensor.Shape]); break;
            case "in_proj": Add($"ssm_in.{suffix}", values, [.. tensor.Shape]); break;
            case "conv1d": Add($"ssm_conv1d.{suffix}", Tiled(keys, dim), suffix == "bias" ? [tensor.Shape[0]] : [tensor.Shape[0], sizes.ConvLength]); break;
            case "dt_bias": Add("ssm_dt.bias", Tiled(0, 1), sizes.HeadCount); break;
            case "A_log": Add("ssm_a", Array.ConvertAll(Tiled(0, 1), value => -(float)Math.Exp(value)), isTiled || config.Names.RecurrentByGroup ? [sizes.HeadCount] : [sizes.HeadCount, 1]); break;
            case "D": Add("ssm_d", values, sizes.HeadCount, 1); break;
            case "norm": Add("ssm_norm.weight", values, sizes.Kind == RecurrentKind.GatedDelta ? [dim] : [sizes.GroupCount, sizes.Width / sizes.GroupCount]); break;
            case "out_proj" when suffix == "bias": Add("ssm_out.bias", values, config.HiddenSize); break;
            case "out_proj":
                // Turned over, columns are rows.
                if (isTiled) values = Transposed(values, sizes.Width);
                Add("ssm_out.weight", isTiled ? Transposed(WithTiledHeads(values, sizes, sizes.Width, 0, dim), config.HiddenSize) : values, [.. tensor.Shape]);
                break;
            default: throw new InvalidOperationException($"nobody knows {part}");
        }

        return true;
    }

    // After the first rows all groups' first heads, then all groups' second ones.
    private static float[] WithTiledHeads(float[] values, RecurrentConfig sizes, int rows, int first, int each)
    {
        int columns = values.Length / rows, perGroup = sizes.HeadCount / sizes.GroupCount, block = each * columns;
        var tiled = values.ToArray();
        for (var head = 0; head < sizes.HeadCount; head++)
            values.AsSpan(first * columns + head * block, block).CopyTo(tiled.AsSpan(first * columns + (head % perGroup * sizes.GroupCount + head / perGroup) * block));
        return tiled;
    }

    // Queries, keys and values of all groups; gates of all heads.
    private static (float[] Qkv, float[] Z) Straightened(float[] values, RecurrentConfig sizes)
    {
        int own = sizes.Width / sizes.GroupCount, block = 2 * (sizes.StateDim + own), columns = values.Length / (block * sizes.GroupCount);
        float[] Of(int first, int count) => [.. Enumerable.Range(0, sizes.GroupCount).SelectMany(group => values.Skip((group * block + first) * columns).Take(count * columns))];
        return ([.. Of(0, sizes.StateDim), .. Of(sizes.StateDim, sizes.StateDim), .. Of(2 * sizes.StateDim, own)], Of(2 * sizes.StateDim + own, own));
    }
}
