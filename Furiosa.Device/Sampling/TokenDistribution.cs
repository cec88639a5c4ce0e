using System.Numerics;

namespace Furiosa.Device.Sampling;

/// <summary>
/// What a token is drawn from: temperature, then top-k, then top-p, then min-p, as Hugging Face orders them. With top-k only the
/// tokens that stay are kept, best first; without it the weights of the whole row, by id. Reused from call to call.
/// </summary>
internal sealed class TokenDistribution(ExponentialSums sums)
{
    private readonly TopSelector _selector = new();
    private readonly NucleusBorder _nucleus = new();
    private float[] _weights = [];
    private float[] _blockSums = [];
    private int _length;
    private double _total;
    private bool _isSelection;

    /// <summary>Prepares a row that has neither NaN nor plus infinity.</summary>
    /// <param name="row">Adjusted logits.</param>
    /// <param name="max">The largest of them, finite.</param>
    /// <param name="options">Temperature and truncation.</param>
    public void Build(ReadOnlySpan<float> row, float max, SamplingOptions options)
    {
        if (_weights.Length < row.Length)
        {
            _weights = new float[row.Length];
            _blockSums = new float[ExponentialSums.BlockCount(row.Length)];
        }

        _isSelection = options.TopK > 0 && options.TopK < row.Length;
        if (_isSelection)
        {
            BuildSelection(row, max, options);
            return;
        }

        _length = row.Length;
        var weights = _weights.AsSpan(0, _length);
        _total = sums.Fill(row, max, options.Temperature, options.TopP < 1 ? 0 : options.MinP, weights, _blockSums);
        if (options.TopP >= 1) return;
        _nucleus.Cut(weights, _total, options.TopP);
        SumBlocks(weights, options.MinP);
    }

    /// <summary>The token at <paramref name="uniform"/> (from 0 to below 1) of the cumulated probability.</summary>
    public int Draw(double uniform)
    {
        var target = uniform * _total;
        if (_isSelection) return _selector.Ids[Find(_weights.AsSpan(0, _length), ref target)];
        var block = Find(_blockSums.AsSpan(0, ExponentialSums.BlockCount(_length)), ref target);
        var start = block * ExponentialSums.BlockSize;
        return start + Find(_weights.AsSpan(start, Math.Min(ExponentialSums.BlockSize, _length - start)), ref target);
    }

    /// <summary>Writes every token's probability.</summary>
    public void CopyTo(Span<double> probabilities)
    {
        probabilities.Clear();
        for (var i = 0; i < _length; i++) probabilities[_isSelection ? _selector.Ids[i] : i] = _weights[i] / _total;
    }

    private void BuildSelection(ReadOnlySpan<float> row, float max, SamplingOptions options)
    {
        _selector.Select(row, options.TopK);
        var values = _selector.Values;
        var mass = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            _weights[i] = ExponentialSums.Weight(values[i], max, options.Temperature);
            mass += _weights[i];
        }

        // The best token's weight is exp(0) = 1, so a weight is its share of the best one's probability; the best one always stays.
        var wanted = options.TopP < 1 ? options.TopP * (float)mass : float.PositiveInfinity;
        _total = _weights[0];
        for (_length = 1; _length < values.Length && (float)_total < wanted && _weights[_length] >= options.MinP; _length++) _total += _weights[_length];
    }

    private void SumBlocks(Span<float> weights, float lowest)
    {
        _total = 0;
        for (var start = 0; start < weights.Length; start += ExponentialSums.BlockSize)
        {
            var sum = (float)SumBlock(weights.Slice(start, Math.Min(ExponentialSums.BlockSize, weights.Length - start)), lowest);
            _blockSums[start / ExponentialSums.BlockSize] = sum;
            _total += sum;
        }
    }

    // Most weights are zero, whose adding changes nothing.
    private static double SumBlock(Span<float> block, float lowest)
    {
        var sum = 0.0;
        for (var first = 0; first < block.Length; first += Vector<float>.Count)
        {
            var part = block[first..Math.Min(first + Vector<float>.Count, block.Length)];
            if (part.Length == Vector<float>.Count && Vector.EqualsAll(new Vector<float>(part), Vector<float>.Zero)) continue;
            foreach (ref var weight in part)
            {
                if (weight < lowest) weight = 0;
                sum += weight;
            }
        }

        return sum;
    }

    // The first element at which the running sum passes the target, which becomes what is left of it; the last non-zero one if
    // rounding lets none pass.
    private static int Find(ReadOnlySpan<float> weights, ref double target)
    {
        var sum = 0.0;
        var last = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            if (weights[i] == 0) continue;
            if (sum + weights[i] > target)
            {
                target -= sum;
                return i;
            }

            sum += weights[i];
            last = i;
        }

        target = double.PositiveInfinity;
        return last;
    }
}
