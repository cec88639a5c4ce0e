using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>The small values of a layer with states, of all heads and groups, which every PE of a process reads.</summary>
internal sealed unsafe class RecurrentShared : IDisposable
{
    private readonly NativeBuffer _values;

    public RecurrentShared(RecurrentTensors tensors, RecurrentConfig config)
    {
        float[] taps = ByPosition(config, [.. Each(config.GroupCount, tensors.TapsOfQuery), .. Each(config.GroupCount, tensors.TapsOfKey), .. Each(config.HeadCount, tensors.TapsOfValue)]);
        float[] bias = config.ConvBias
            ? [.. Each(config.GroupCount, tensors.BiasOfQuery), .. Each(config.GroupCount, tensors.BiasOfKey), .. Each(config.HeadCount, tensors.BiasOfValue)]
            : [];
        float[][] parts = [taps, bias, tensors.DecayRates, tensors.StepBias, config.Kind == RecurrentKind.StateSpace ? tensors.Skip : [], tensors.NormWeight];
        _values = new NativeBuffer(parts.Sum(part => LayerShared.Padded(part.Length)) * sizeof(float));
        float* next = _values.Floats;
        var places = stackalloc float*[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (parts[i].Length == 0) continue;
            parts[i].CopyTo(new Span<float>(places[i] = next, parts[i].Length));
            next += LayerShared.Padded(parts[i].Length);
        }

        Taps = places[0];
        ConvBias = places[1];
        DecayRates = places[2];
        StepBias = places[3];
        Skip = places[4];
        NormWeight = places[5];
    }

    public long Bytes => _values.Bytes;

    /// <summary>[<see cref="RecurrentConfig.ConvLength"/>][<see cref="RecurrentConfig.ConvWidth"/>]: each channel's weight of each position, in ascending order.</summary>
    public float* Taps { get; }

    /// <summary>One for each channel; null for none.</summary>
    public float* ConvBias { get; }

    /// <summary>By head: what a step is multiplied with before it decays the state.</summary>
    public float* DecayRates { get; }

    /// <summary>By head: added to the step before the softplus.</summary>
    public float* StepBias { get; }

    /// <summary>By head: how much of the value is added to the output; null for none.</summary>
    public float* Skip { get; }

    /// <summary>The norm's weights, of one head or of all.</summary>
    public float* NormWeight { get; }

    public void Dispose() => _values.Dispose();

    private static IEnumerable<float> Each(int count, Func<int, float[]?> part) => Enumerable.Range(0, count).SelectMany(i => part(i)!);

    // Files have the positions of a channel together.
    private static float[] ByPosition(RecurrentConfig config, float[] byChannel)
    {
        var taps = new float[byChannel.Length];
        for (int i = 0; i < taps.Length; i++) taps[i] = byChannel[i % config.ConvWidth * config.ConvLength + i / config.ConvWidth];
        return taps;
    }
}
