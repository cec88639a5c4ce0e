using System.Globalization;
using System.Numerics;

namespace Furiosa.Gateway.Text.Templates.Values;

/// <summary>A number or a truth value; in Python the latter are numbers too.</summary>
internal abstract class NumericValue : JinjaValue
{
    /// <summary>The value as a floating-point number.</summary>
    public abstract double Real { get; }

    /// <summary>The value as a whole number, or null for a floating-point one.</summary>
    public abstract BigInteger? Whole { get; }

    /// <inheritdoc/>
    public override bool Truth => Whole is { } whole ? !whole.IsZero : Real != 0;

    /// <inheritdoc/>
    public override bool EqualTo(JinjaValue other, RenderBudget budget) => other is NumericValue number && CompareTo(number) == 0;

    /// <summary>Less than, equal to or greater than 0 as this is to <paramref name="other"/>; null where either is not a number.</summary>
    public int? CompareTo(NumericValue other)
    {
        if (Whole is { } left && other.Whole is { } right)
            return left.CompareTo(right);
        return double.IsNaN(Real) || double.IsNaN(other.Real) ? null : Real.CompareTo(other.Real);
    }

    /// <inheritdoc/>
    public override int GetHashCode() => Real.GetHashCode();
}

/// <summary>Python's int, of any size.</summary>
internal sealed class IntegerValue(BigInteger value) : NumericValue
{
    /// <inheritdoc/>
    public override string TypeName => "int";

    /// <inheritdoc/>
    public override double Real => (double)value;

    /// <inheritdoc/>
    public override BigInteger? Whole => value;

    /// <summary>The number itself.</summary>
    public BigInteger Value => value;

    /// <inheritdoc/>
    public override void WriteRepr(TextWriter writer) => writer.Write(value.ToString(CultureInfo.InvariantCulture));
}

/// <summary>Python's float.</summary>
internal sealed class FloatValue(double value) : NumericValue
{
    /// <inheritdoc/>
    public override string TypeName => "float";

    /// <inheritdoc/>
    public override double Real => value;

    /// <inheritdoc/>
    public override BigInteger? Whole => null;

    /// <inheritdoc/>
    public override void WriteRepr(TextWriter writer) => writer.Write(Library.PythonText.Float(value));

    /// <inheritdoc/>
    public override JinjaValue? Attribute(string name) => name == "is_integer"
        ? new FunctionValue("is_integer", (_, _) => BooleanValue.Of(double.IsInteger(value)))
        : null;
}

/// <summary>Python's bool.</summary>
internal sealed class BooleanValue : NumericValue
{
    private readonly bool _value;

    private BooleanValue(bool value) => _value = value;

    /// <summary>Python's True.</summary>
    public static BooleanValue True { get; } = new(true);

    /// <summary>Python's False.</summary>
    public static BooleanValue False { get; } = new(false);

    /// <inheritdoc/>
    public override string TypeName => "bool";

    /// <inheritdoc/>
    public override double Real => _value ? 1 : 0;

    /// <inheritdoc/>
    public override BigInteger? Whole => _value ? BigInteger.One : BigInteger.Zero;

    /// <summary>True or False.</summary>
    public static BooleanValue Of(bool value) => value ? True : False;

    /// <inheritdoc/>
    public override void WriteRepr(TextWriter writer) => writer.Write(_value ? "True" : "False");
}
