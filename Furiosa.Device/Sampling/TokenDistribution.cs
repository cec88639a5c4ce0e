namespace Furiosa.Device.Sampling;

/// <summary>
/// What a token is drawn from: temperature, then top-k, then top-p, then min-p, as Hugging Face orders them. Without top-k and top-p
/// the weights of the whole row are kept by id; with either, only the tokens that stay, best first. Reused from call to call.
/// </summary>
internal sealed class TokenDistribution
{
    private const int FirstSelection = 64;

    private readonly TopSelector _selector = new();
    private float[] _weights = [];
    private float[] _blockSums = [];
    private int _rowLength;
    private int _kept;
    private double _total;
    private bool _isSorted;

    /// <summary>Prepares a row that has a finite element and neither NaN nor plus infinity.</summary>
    public void Build(ReadOnlySpan<float> row, SamplingOptions options)
    {
        Reserve(row.Length);
        _rowLength = row.Length;
        var max = ExponentialSums.Max(row);
        var limitsCount = options.TopK > 0 && options.TopK < row.Length;
        _isSorted = limitsCount || options.TopP < 1;
        if (!_isSorted)
        {
            _total = ExponentialSums.Fill(row, max, options.Temperature, options.MinP, _weights, _blockSums);
            return;
        }

        if (limitsCount) SelectByCount(row, max, options);
        else SelectByMass(row, max, options);
        CutByShareOfBest(options.MinP);
    }

    /// <summary>The token at <paramref name="uniform"/> (from 0 to below 1) of the cumulated probability.</summary>
    public int Draw(double uniform)
    {
        var target = uniform * _total;
        if (_isSorted) return _selector.Ids[Find(_weights.AsSpan(0, _kept), ref target)];
        var block = Find(_blockSums.AsSpan(0, ExponentialSums.BlockCount(_rowLength)), ref target);
        var start = block * ExponentialSums.BlockSize;
        return start + Find(_weights.AsSpan(start, Math.Min(ExponentialSums.BlockSize, _rowLength - start)), ref target);
    }

    /// <summary>Writes every token's probability.</summary>
    public void CopyTo(Span<double> probabilities)
    {
        probabilities.Clear();
        if (_isSorted)
        {
            for (var i = 0; i < _kept; i++) probabilities[_selector.Ids[i]] = _weights[i] / _total;
            return;
        }

        for (var id = 0; id < _rowLength; id++) probabilities[id] = _weights[id] / _total;
    }

    private void SelectByCount(ReadOnlySpan<float> row, float max, SamplingOptions options)
    {
        _selector.Select(row, options.TopK);
        WeighSelected(max, options.Temperature);
        var mass = 0.0;
        for (var i = 0; i < _selector.Count; i++) mass += _weights[i];
        CutByMass(options.TopP, mass);
    }

    // How many tokens top-p keeps is not known beforehand: eight times as many are taken until they hold the mass.
    private void SelectByMass(ReadOnlySpan<float> row, float max, SamplingOptions options)
    {
        var mass = ExponentialSums.Fill(row, max, options.Temperature, 0, _weights, _blockSums);
        for (var count = FirstSelection; ; count = Math.Min(row.Length, 8 * count))
        {
            _selector.Select(row, count);
            WeighSelected(max, options.Temperature);
            if (CutByMass(options.TopP, mass) || _selector.Count < count || count >= row.Length) return;
        }
    }

    private void WeighSelected(float max, float temperature)
    {
        var values = _selector.Values;
        for (var i = 0; i < values.Length; i++) _weights[i] = ExponentialSums.Weight(values[i], max, temperature);
    }

    // A token stays while those before it hold less than the share; the first always stays. True when the border was found.
    // The comparison is one of floats, so that 0.2 (which as a float is a little more) of five equal tokens is one of them.
    private bool CutByMass(float share, double mass)
    {
        _total = _weights[0];
        for (_kept = 1; _kept < _selector.Count; _kept++)
        {
            if ((share < 1 && (float)_total >= share * (float)mass) || _weights[_kept] == 0) return true;
            _total += _weights[_kept];
        }

        return false;
    }

    // The best token's weight is exp(0) = 1, so a weight is its share of the best one's probability.
    private void CutByShareOfBest(float lowest)
    {
        if (_weights[_kept - 1] >= lowest) return;
        while (_kept > 1 && _weights[_kept - 1] < lowest) _kept--;
        _total = 0;
        for (var i = 0; i < _kept; i++) _total += _weights[i];
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

    private void Reserve(int length)
    {
        if (_weights.Length >= length) return;
        _weights = new float[length];
        _blockSums = new float[ExponentialSums.BlockCount(length)];
    }
}
