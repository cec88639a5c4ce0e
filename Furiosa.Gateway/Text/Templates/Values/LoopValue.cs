namespace Furiosa.Gateway.Text.Templates.Values;

/// <summary>The <c>loop</c> of a <c>for</c>.</summary>
/// <param name="elements">What is looped over.</param>
/// <param name="depth">How many loops of the same statement are around this one.</param>
/// <param name="descend">Runs the loop's body over other elements; null where the loop is not recursive.</param>
internal sealed class LoopValue(IReadOnlyList<JinjaValue> elements, int depth, Func<JinjaValue, JinjaValue>? descend) : JinjaValue
{
    private CallArguments? _last;

    /// <inheritdoc/>
    public override string TypeName => "LoopContext";

    /// <inheritdoc/>
    public override int? Length => elements.Count;

    /// <summary>The turn, from 0.</summary>
    public int Index { get; set; }

    /// <inheritdoc/>
    public override JinjaValue? Attribute(string name) => name switch
    {
        "index" => new IntegerValue(Index + 1),
        "index0" => new IntegerValue(Index),
        "revindex" => new IntegerValue(elements.Count - Index),
        "revindex0" => new IntegerValue(elements.Count - Index - 1),
        "first" => BooleanValue.Of(Index == 0),
        "last" => BooleanValue.Of(Index == elements.Count - 1),
        "length" => new IntegerValue(elements.Count),
        "depth" => new IntegerValue(depth + 1),
        "depth0" => new IntegerValue(depth),
        "previtem" => Index > 0 ? elements[Index - 1] : new UndefinedValue("there is no previous item"),
        "nextitem" => Index < elements.Count - 1 ? elements[Index + 1] : new UndefinedValue("there is no next item"),
        "cycle" => new FunctionValue(name, (arguments, _) => arguments.Positional.Count > 0
            ? arguments.Positional[Index % arguments.Positional.Count]
            : throw new ChatTemplateException("no items for cycling given")),
        "changed" => new FunctionValue(name, (arguments, context) => BooleanValue.Of(Changed(arguments, context))),
        _ => null,
    };

    /// <inheritdoc/>
    public override JinjaValue Call(CallArguments arguments, JinjaContext context) =>
        descend?.Invoke(arguments.Require(0, "iterable", "loop"))
        ?? throw new ChatTemplateException("The loop must have the 'recursive' marker to be called recursively.");

    /// <inheritdoc/>
    public override void WriteRepr(TextWriter writer) => writer.Write($"<LoopContext {Index + 1}/{elements.Count}>");

    /// <inheritdoc/>
    public override bool EqualTo(JinjaValue other, RenderBudget budget) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    private bool Changed(CallArguments arguments, JinjaContext context)
    {
        var same = _last != null && new ListValue(_last.Positional).EqualTo(new ListValue(arguments.Positional), context.Budget);
        _last = arguments;
        return !same;
    }
}
