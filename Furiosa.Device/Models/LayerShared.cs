using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>What all PEs of a process read of one layer: norms, sinks, the router, and biases added after the partial sums.</summary>
internal sealed unsafe class LayerShared : IDisposable
{
    private readonly NativeBuffer _values;

    public LayerShared(DecoderTensors tensors, ModelConfig config, int layer, PackedMatrix? router, PackedMatrix? latent)
    {
        (Router, Latent) = (router, latent);
        var parts = new List<float[]>();
        Add(parts, tensors.AttentionNorm(layer), config);
        Add(parts, tensors.PostAttentionNorm(layer), config);
        Add(parts, tensors.MlpNorm(layer), config);
        Add(parts, tensors.PostMlpNorm(layer), config);
        AddHeads(parts, tensors, config, layer, ofKeys: false);
        AddHeads(parts, tensors, config, layer, ofKeys: true);
        parts.Add(tensors.Sinks(layer)?.ReadAll() ?? []);
        parts.Add(config.HasMixing(layer) ? Values(tensors.Output(layer).Bias) : []);
        parts.Add(config.HasExperts(layer) ? ExpertBiases(tensors.Experts(layer), config) : config.HasFeedForward(layer) ? Values(tensors.Down(layer).Bias) : []);

        parts.Add(config.HasExperts(layer) ? tensors.Experts(layer).Corrections?.ReadAll() ?? [] : []);
        parts.Add(config.Latent?.QueryRank > 0 ? tensors.LatentNorm(layer, ofKeys: false).ReadAll() : []);
        parts.Add(config.Latent is not null ? tensors.LatentNorm(layer, ofKeys: true).ReadAll() : []);

        parts.Add(config.Activation == Activation.Xielu ? ActivationNumbers(tensors, layer) : []);

        parts.Add(config.IsConv(layer) ? ConvTapsOf(tensors.ConvTaps(layer)) : []);
        parts.Add(config.IsConv(layer) ? tensors.ConvBias(layer)?.ReadAll() ?? [] : []);

        _values = new NativeBuffer(parts.Sum(part => Padded(part.Length)) * sizeof(float));
        float* next = _values.Floats;
        var places = stackalloc float*[parts.Count];
        for (int i = 0; i < parts.Count; i++)
        {
            if (parts[i].Length == 0) continue;
            parts[i].CopyTo(new Span<float>(places[i] = next, parts[i].Length));
            next += Padded(parts[i].Length);
        }

        Attention = new Norm(places[0], places[1]);
        PostAttention = new Norm(places[2], places[3]);
        Mlp = new Norm(places[4], places[5]);
        PostMlp = new Norm(places[6], places[7]);
        Query = new Norm(places[8], places[9]);
        Key = new Norm(places[10], places[11]);
        Sinks = places[12];
        OutputBias = places[13];
        if (config.HasExperts(layer)) ExpertBias = places[14];
        else DownBias = places[14];
        RouterCorrections = places[15];
        LatentQueryNorm = places[16];
        LatentKeyNorm = places[17];
        ActivationParameters = places[18];
        ConvTaps = places[19];
        ConvBias = places[20];
        if (config.IsRecurrent(layer)) Recurrent = new RecurrentShared(tensors.Recurrent(layer), config.Recurrent!);
    }

    public long Bytes => _values.Bytes + (Router?.Bytes ?? 0) + (Latent?.Bytes ?? 0) + (Recurrent?.Bytes ?? 0);

    /// <summary>The small values of a layer with states; null for others.</summary>
    public RecurrentShared? Recurrent { get; }

    /// <summary>Before attention; absent where there is none.</summary>
    public Norm Attention { get; }

    /// <summary>Of attention's output.</summary>
    public Norm PostAttention { get; }

    /// <summary>Before the feed-forward block.</summary>
    public Norm Mlp { get; }

    /// <summary>Of the feed-forward block's output.</summary>
    public Norm PostMlp { get; }

    /// <summary>Of queries, head after head.</summary>
    public Norm Query { get; }

    /// <summary>Of keys, head after head.</summary>
    public Norm Key { get; }

    /// <summary>One score a query head; null for none.</summary>
    public float* Sinks { get; }

    /// <summary>Of the attention's output; null for none.</summary>
    public float* OutputBias { get; }

    /// <summary>Of a dense feed-forward block's output; null for none.</summary>
    public float* DownBias { get; }

    /// <summary>Of each expert's output, one after another, padded to sixteen; null for none.</summary>
    public float* ExpertBias { get; }

    /// <summary>What is added to each expert's share for the choice; null for none.</summary>
    public float* RouterCorrections { get; }

    /// <summary>Of the vector that queries are made from; null for none.</summary>
    public float* LatentQueryNorm { get; }

    /// <summary>Of the vector that keys and values are made from; null for none.</summary>
    public float* LatentKeyNorm { get; }

    /// <summary>The four numbers of <see cref="Activation.Xielu"/>; null for others.</summary>
    public float* ActivationParameters { get; }

    /// <summary>Of a convolution, position by position one weight for each channel; null for attention.</summary>
    public float* ConvTaps { get; }

    /// <summary>Of a convolution's channels; null for none.</summary>
    public float* ConvBias { get; }

    /// <summary>The vectors that queries, keys and values are made from, and the keys' rotated part; null where they come from the input itself.</summary>
    public PackedMatrix? Latent { get; }

    /// <summary>Logits of the experts and of the shared expert's gate; null for a dense layer.</summary>
    public PackedMatrix? Router { get; }

    public void Dispose()
    {
        _values.Dispose();
        Router?.Dispose();
        Latent?.Dispose();
        Recurrent?.Dispose();
    }

    public static int Padded(int width) => (width + 15) & ~15;

    /// <summary>Weight and bias of a norm; weights of one where the file has none, nothing where there is no norm.</summary>
    public static void Add(List<float[]> parts, NormTensors? norm, ModelConfig config)
    {
        parts.Add(norm is { } present ? present.Weight?.ReadAll() ?? Ones(config.HiddenSize) : []);
        parts.Add(norm?.Bias?.ReadAll() ?? []);
        if (config.Norms.PlusOne) parts[^2] = Array.ConvertAll(parts[^2], weight => 1f + weight);
    }

    private static float[] Ones(int count)
    {
        var ones = new float[count];
        Array.Fill(ones, 1f);
        return ones;
    }

    /// <summary>One weight for every element of every head, in the order in which packed heads have theirs.</summary>
    private static void AddHeads(List<float[]> parts, DecoderTensors tensors, ModelConfig config, int layer, bool ofKeys)
    {
        NormTensors? norm = config.QkNorm switch
        {
            QkNorm.None => null,
            _ when !config.Attends(layer) => null,
            QkNorm.OwnHead when config.Names.HeadNorm is not null => null,
            QkNorm.Unit => config.LayerRopes[layer] is null ? null : default(NormTensors),
            _ => tensors.QkNormOf(layer, ofKeys),
        };
        if (config.QkNorm == QkNorm.OwnHead && config.Attends(layer) && tensors.HeadNorms(layer, ofKeys) is { } separate) parts.AddRange([[.. separate.SelectMany(head => head.ReadAll())], []]);
        else Add(parts, norm, config with { HiddenSize = config.HeadDim });
        int heads = ofKeys ? config.KvHeadCount : config.HeadCount;
        int[] order = [.. HeadOrder.Of(config)];
        for (int i = parts.Count - 2; i < parts.Count; i++)
        {
            float[] stored = parts[i];
            if (stored.Length == 0) continue;
            var spread = new float[heads * config.HeadDim];
            for (int j = 0; j < spread.Length; j++)
                spread[j] = stored[(j / config.HeadDim * config.HeadDim + order[j % config.HeadDim]) % stored.Length];
            parts[i] = spread;
        }
    }

    // The first two are kept as what a softplus makes them from.
    private static float[] ActivationNumbers(DecoderTensors tensors, int layer)
    {
        float Softplus(string name) => (float)DoubleMath.Log(1 + DoubleMath.Exp(tensors.ActivationNumber(layer, name)));
        var beta = tensors.ActivationNumber(layer, "beta", 0.5f);
        return [Softplus("alpha_p"), beta + Softplus("alpha_n"), beta, tensors.ActivationNumber(layer, "eps", -1e-6f)];
    }

    private static float[] ConvTapsOf(TensorView stored)
    {
        float[] byChannel = stored.ReadAll(), taps = new float[byChannel.Length];
        int channels = (int)stored.Shape[0], length = byChannel.Length / channels;
        for (int i = 0; i < taps.Length; i++) taps[i] = byChannel[i % channels * length + i / channels];
        return taps;
    }

    private static float[] Values(BiasValues? bias)
    {
        if (bias is not { } present) return [];
        var values = new float[present.Count];
        present.Read(values);
        return values;
    }

    private static float[] ExpertBiases(ExpertTensors experts, ModelConfig config)
    {
        if (!config.Experts!.Bias) return [];
        int stride = Padded(config.HiddenSize);
        var all = new float[config.Experts.Total * stride];
        for (int expert = 0; expert < config.Experts.Total; expert++) experts.Down(expert).Bias!.Value.Read(all.AsSpan(expert * stride, config.HiddenSize));
        return all;
    }
}

/// <summary>A norm's values; both null where there is no norm.</summary>
internal readonly unsafe struct Norm(float* weight, float* bias)
{
    public float* Weight { get; } = weight;

    public float* Bias { get; } = bias;

    public bool IsPresent => Weight is not null;
}
