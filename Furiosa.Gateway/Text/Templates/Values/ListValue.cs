namespace Furiosa.Gateway.Text.Templates.Values;

/// <summary>Python's list or tuple.</summary>
internal sealed class ListValue(IReadOnlyList<JinjaValue> elements, bool isTuple = false) : JinjaValue
{
    private static readonly string[] Mutators = ["append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"];

    /// <inheritdoc/>
    public override string TypeName => isTuple ? "tuple" : "list";

    /// <inheritdoc/>
    public override bool Truth => elements.Count > 0;

    /// <inheritdoc/>
    public override int? Length => elements.Count;

    /// <summary>Names by which the elements are found as well, as <c>groupby</c> gives its pairs.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The elements.</summary>
    public IReadOnlyList<JinjaValue> Values => elements;

    /// <summary>Whether it is a tuple.</summary>
    public bool IsTuple => isTuple;

    /// <inheritdoc/>
    public override IEnumerable<JinjaValue> Elements() => elements;

    /// <inheritdoc/>
    public override void WriteRepr(TextWriter writer)
    {
        JinjaContext.EnsureStack();
        writer.Write(isTuple ? '(' : '[');
        for (var i = 0; i < elements.Count; i++)
        {
            if (i > 0)
                writer.Write(", ");
            elements[i].WriteRepr(writer);
        }

        writer.Write(!isTuple ? "]" : elements.Count == 1 ? ",)" : ")");
    }

    /// <inheritdoc/>
    public override JinjaValue? Attribute(string name) => name switch
    {
        "count" => new FunctionValue(name, (arguments, context) => new IntegerValue(Matches(arguments.Require(0, "value", name), context).Count())),
        "index" => new FunctionValue(name, (arguments, context) => Matches(arguments.Require(0, "value", name), context).Select(at => new IntegerValue(at)).FirstOrDefault()
            ?? throw new ChatTemplateException($"{arguments.Positional[0].Text(context.Budget)} is not in {TypeName}")),
        "copy" when !isTuple => new FunctionValue(name, (_, _) => this),
        _ when !isTuple && Mutators.Contains(name) => new UndefinedValue($"access to attribute '{name}' of 'list' object is unsafe."),
        _ when Names.Contains(name) => elements[Names.ToList().IndexOf(name)],
        _ => null,
    };

    /// <inheritdoc/>
    public override JinjaValue? Item(JinjaValue key, JinjaContext context)
    {
        if (key is not NumericValue { Whole: { } index })
            return null;
        var at = index < 0 ? index + elements.Count : index;
        return at < 0 || at >= elements.Count ? null : elements[(int)at];
    }

    /// <inheritdoc/>
    public override bool EqualTo(JinjaValue other, RenderBudget budget)
    {
        if (other is not ListValue list || list.IsTuple != isTuple || list.Values.Count != elements.Count)
            return false;
        JinjaContext.EnsureStack();
        for (var i = 0; i < elements.Count; i++)
        {
            budget.Spend();
            if (!elements[i].EqualTo(list.Values[i], budget))
                return false;
        }

        return true;
    }

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        if (!isTuple)
            return base.GetHashCode();
        JinjaContext.EnsureStack();
        return elements.Aggregate(elements.Count, HashCode.Combine);
    }

    private IEnumerable<int> Matches(JinjaValue value, JinjaContext context) =>
        Enumerable.Range(0, elements.Count).Where(at =>
        {
            context.Budget.Spend();
            return elements[at].EqualTo(value, context.Budget);
        });
}
