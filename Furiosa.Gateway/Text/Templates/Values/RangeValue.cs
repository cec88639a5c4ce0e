using System.Numerics;
using Furiosa.Gateway.Text.Templates.Nodes;

namespace Furiosa.Gateway.Text.Templates.Values;

/// <summary>Python's range: numbers that are made as they are asked for.</summary>
internal sealed class RangeValue(long start, long stop, long step) : JinjaValue
{
    private readonly int _count = (int)Math.Max(0, step > 0 ? (stop - start + step - 1) / step : (start - stop - step - 1) / -step);

    /// <inheritdoc/>
    public override string TypeName => "range";

    /// <inheritdoc/>
    public override bool Truth => _count > 0;

    /// <inheritdoc/>
    public override int? Length => _count;

    /// <summary>The part of it that a slice names.</summary>
    public RangeValue Slice(int? from, int? to, int by)
    {
        var (first, end) = SliceExpression.Bounds(_count, from, to, by);
        return new RangeValue(start + (first * step), start + (end * step), step * by);
    }

    /// <inheritdoc/>
    public override IEnumerable<JinjaValue> Elements() => Enumerable.Range(0, _count).Select(At);

    /// <inheritdoc/>
    public override JinjaValue? Attribute(string name) => name switch
    {
        "start" => new IntegerValue(start),
        "stop" => new IntegerValue(stop),
        "step" => new IntegerValue(step),
        "count" => new FunctionValue(name, (arguments, _) => new IntegerValue(Position(arguments.Require(0, "value", name)) >= 0 ? 1 : 0)),
        "index" => new FunctionValue(name, (arguments, context) => Position(arguments.Require(0, "value", name)) is var at and >= 0
            ? new IntegerValue(at)
            : throw new ChatTemplateException($"{Library.PythonText.Repr(arguments.Positional[0], context.Budget)} is not in range")),
        _ => null,
    };

    /// <inheritdoc/>
    public override JinjaValue? Item(JinjaValue key, JinjaContext context)
    {
        if (key is not NumericValue { Whole: { } index })
            return null;
        var at = index < 0 ? index + _count : index;
        return at < 0 || at >= _count ? null : At((int)at);
    }

    /// <inheritdoc/>
    public override void WriteRepr(TextWriter writer) => writer.Write(step == 1 ? $"range({start}, {stop})" : $"range({start}, {stop}, {step})");

    /// <inheritdoc/>
    public override bool EqualTo(JinjaValue other, RenderBudget budget) =>
        other is RangeValue range && range.Length == _count && (_count == 0 || (range.At(0).Value == At(0).Value && range.At(_count - 1).Value == At(_count - 1).Value));

    /// <inheritdoc/>
    public override int GetHashCode() => _count;

    private IntegerValue At(int position) => new(start + (position * step));

    private int Position(JinjaValue value)
    {
        var number = value is NumericValue numeric ? numeric.Whole ?? (double.IsInteger(numeric.Real) ? new BigInteger(numeric.Real) : null) : null;
        if (number is not { } whole)
            return -1;
        var position = BigInteger.DivRem(whole - start, step, out var remainder);
        return remainder.IsZero && position >= 0 && position < _count ? (int)position : -1;
    }
}
