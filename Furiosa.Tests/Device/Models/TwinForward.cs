using Furiosa.Device.Models;
using Furiosa.Tests.Device.Kernels;
using Furiosa.Tests.Device.Kernels.Quantized;

namespace Furiosa.Tests.Device.Models;

/// <summary>The whole forward pass in plain loops over one sequence, by the numerics rule and nothing else of the engine's.</summary>
/// <param name="model">The model.</param>
/// <param name="weight">What is done to linear weights and the embedding: nothing, or rounding to bfloat16.</param>
/// <param name="bits">Bits of quantised weights; 0 for weights that are not.</param>
internal sealed class TwinForward(TinyModel model, Func<float[], float[]> weight, int bits = 0)
{
    private readonly ModelConfig _config = model.Config;
    private readonly RopeTable _rope = new(model.Config.Ropes[0], model.Config.HeadDim, 256);

    /// <summary>Logits of every position.</summary>
    public float[][] Logits(int[] ids)
    {
        float[][] x = [.. ids.Select(id => weight(model["model.embed_tokens.weight"]).AsSpan(id * _config.HiddenSize, _config.HiddenSize).ToArray())];
        for (int layer = 0; layer < _config.LayerCount; layer++)
        {
            string name = $"model.layers.{layer}.";
            Attention(x, name, _config.SlidingWindows[layer] ?? int.MaxValue);
            Mlp(x, name);
        }

        string head = _config.TieWordEmbeddings ? "model.embed_tokens" : "lm_head";
        return [.. x.Select(row => Linear(Norm(row, "model.norm.weight"), head, isHead: true))];
    }

    private void Attention(float[][] x, string name, int window)
    {
        int dim = _config.HeadDim, group = _config.HeadCount / _config.KvHeadCount;
        var keys = Enumerable.Range(0, _config.KvHeadCount).Select(_ => new List<float[]>()).ToArray();
        var values = Enumerable.Range(0, _config.KvHeadCount).Select(_ => new List<float[]>()).ToArray();
        for (int position = 0; position < x.Length; position++)
        {
            float[] h = Norm(x[position], name + "input_layernorm.weight");
            float[][] queries = Heads(Linear(h, name + "self_attn.q_proj"), position, name + "self_attn.q_norm.weight");
            float[][] newKeys = Heads(Linear(h, name + "self_attn.k_proj"), position, name + "self_attn.k_norm.weight");
            float[][] newValues = [.. Linear(h, name + "self_attn.v_proj").Chunk(dim)];
            for (int head = 0; head < newKeys.Length; head++)
            {
                keys[head].Add(newKeys[head]);
                values[head].Add(newValues[head]);
            }

            float[] attended = [.. queries.SelectMany((query, head) => TwinMath.Attend(query, keys[head / group], values[head / group], window))];
            AddChunked(x[position], attended, name + "self_attn.o_proj", dim);
        }
    }

    private void Mlp(float[][] x, string name)
    {
        foreach (float[] row in x)
        {
            float[] h = Norm(row, name + "post_attention_layernorm.weight");
            float[] gate = Linear(h, name + "mlp.gate_proj"), up = Linear(h, name + "mlp.up_proj");
            AddChunked(row, [.. gate.Zip(up, (g, u) => TwinMath.Silu(g) * u)], name + "mlp.down_proj", 32);
        }
    }

    private float[] Norm(float[] row, string name) => TwinMath.RmsNorm(row, model[name], _config.NormEps);

    private float[][] Heads(float[] row, int position, string norm)
    {
        float[][] heads = [.. row.Chunk(_config.HeadDim)];
        for (int head = 0; head < heads.Length; head++)
        {
            if (_config.QkNorm == QkNorm.Head) heads[head] = TwinMath.RmsNorm(heads[head], model[norm], _config.NormEps);
            TwinMath.Rotate(heads[head], _rope.CosinesAt(position), _rope.SinesAt(position));
        }

        return heads;
    }

    private float[] Linear(float[] row, string name, bool isHead = false)
    {
        float[] weights = weight(model[name + ".weight"]), bias = model[name + ".bias"], result = new float[weights.Length / row.Length];
        for (int n = 0; n < result.Length; n++)
        {
            var column = weights.AsSpan(n * row.Length, row.Length);
            result[n] = bits == 0 ? TwinMath.Dot(row, column) : QuantizedTwin.Dot(row, column, isHead ? 8 : bits);
            if (bias.Length > 0) result[n] += bias[n];
        }

        return result;
    }

    /// <summary>Tree of chunk sums, then bias, then residual.</summary>
    private void AddChunked(float[] residual, float[] row, string name, int unit)
    {
        float[] weights = weight(model[name + ".weight"]), bias = model[name + ".bias"];
        for (int n = 0; n < residual.Length; n++)
        {
            var column = weights.AsSpan(n * row.Length, row.Length);
            float sum = bits == 0 ? TwinMath.ChunkedDot(row, column, unit) : QuantizedTwin.ChunkedDot(row, column, unit, bits);
            if (bias.Length > 0) sum += bias[n];
            residual[n] = sum + residual[n];
        }
    }
}
