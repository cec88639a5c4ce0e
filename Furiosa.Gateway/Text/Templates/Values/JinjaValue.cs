using System.Globalization;
using System.Text.Encodings.Web;
using Fluid.Values;

namespace Furiosa.Gateway.Text.Templates.Values;

/// <summary>
/// A value with Python's manners (truth, text, equality, attributes) for Fluid's engine, whose own values have Liquid's: there '' and 0 are
/// true and 1 and 1.0 are one number.
/// </summary>
internal abstract class JinjaValue : FluidValue
{
    /// <summary>Python's name of the type, for messages.</summary>
    public abstract string TypeName { get; }

    /// <summary>Whether the value counts as true.</summary>
    public virtual bool Truth => true;

    /// <summary>How many elements or characters the value has, or null where it has no length.</summary>
    public virtual int? Length => null;

    /// <inheritdoc/>
    public override FluidValues Type => FluidValues.Object;

    /// <summary>Writes what Python's <c>repr</c> gives.</summary>
    public abstract void WriteRepr(TextWriter writer);

    /// <summary>Writes what Python's <c>str</c> gives.</summary>
    public virtual void WriteText(TextWriter writer) => WriteRepr(writer);

    /// <summary>The elements that a loop over the value takes, or null where it cannot be looped over.</summary>
    public virtual IEnumerable<JinjaValue>? Elements() => null;

    /// <summary>An attribute (a method, mostly), or null where there is none of that name.</summary>
    public virtual JinjaValue? Attribute(string name) => null;

    /// <summary>The element with that index or key, or null where there is none.</summary>
    public virtual JinjaValue? Item(JinjaValue key, JinjaContext context) => null;

    /// <summary>Calls the value.</summary>
    public virtual JinjaValue Call(CallArguments arguments, JinjaContext context) =>
        throw new ChatTemplateException($"'{TypeName}' object is not callable");

    /// <summary>Whether two values are equal as Python sees it.</summary>
    public abstract bool EqualTo(JinjaValue other, RenderBudget budget);

    /// <summary>What Python's <c>str</c> gives.</summary>
    public virtual string Text(RenderBudget budget)
    {
        using var writer = new BoundedWriter(budget);
        WriteText(writer);
        return writer.ToString();
    }

    /// <inheritdoc/>
    public override ValueTask WriteToAsync(TextWriter writer, TextEncoder encoder, CultureInfo cultureInfo)
    {
        WriteText(writer);
        return default;
    }

    /// <inheritdoc/>
    public override bool Equals(FluidValue? other) => other is JinjaValue value && EqualTo(value, new RenderBudget());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is FluidValue value && Equals(value);

    /// <inheritdoc/>
    public override int GetHashCode() => throw new ChatTemplateException($"unhashable type: '{TypeName}'");

    /// <inheritdoc/>
    public override bool ToBooleanValue() => Truth;

    /// <inheritdoc/>
    public override decimal ToNumberValue() => 0;

    /// <inheritdoc/>
    public override string ToStringValue() => Text(new RenderBudget());

    /// <inheritdoc/>
    public override object ToObjectValue() => this;
}
