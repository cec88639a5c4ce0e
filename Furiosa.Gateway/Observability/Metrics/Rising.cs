namespace Furiosa.Gateway.Observability.Metrics;

/// <summary>Makes a total that never falls out of a count that begins anew whenever what counts is made again.</summary>
internal sealed class Rising
{
    private double _before;
    private double _last;

    public double Total => _before + _last;

    public double Take(double count)
    {
        if (count < _last) _before += _last;
        _last = count;
        return Total;
    }
}
