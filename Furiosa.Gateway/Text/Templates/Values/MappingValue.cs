namespace Furiosa.Gateway.Text.Templates.Values;

/// <summary>Python's dict: keys keep the order in which they came.</summary>
internal sealed class MappingValue : JinjaValue
{
    private static readonly string[] Mutators = ["clear", "pop", "popitem", "setdefault", "update"];

    private readonly List<KeyValuePair<JinjaValue, JinjaValue>> _entries = [];
    private readonly Dictionary<JinjaValue, int> _positions = [];

    public MappingValue(IEnumerable<KeyValuePair<JinjaValue, JinjaValue>> entries)
    {
        foreach (var entry in entries)
        {
            if (_positions.TryGetValue(entry.Key, out var known))
            {
                _entries[known] = new(_entries[known].Key, entry.Value);
                continue;
            }

            _positions[entry.Key] = _entries.Count;
            _entries.Add(entry);
        }
    }

    /// <inheritdoc/>
    public override string TypeName => "dict";

    /// <inheritdoc/>
    public override bool Truth => _entries.Count > 0;

    /// <inheritdoc/>
    public override int? Length => _entries.Count;

    /// <summary>The entries in order.</summary>
    public IReadOnlyList<KeyValuePair<JinjaValue, JinjaValue>> Entries => _entries;

    /// <summary>The value of a key, or null.</summary>
    /// <exception cref="ChatTemplateException">The key is a list or a dict, which cannot be one.</exception>
    public JinjaValue? Find(JinjaValue key)
    {
        if (!IsHashable(key))
            throw new ChatTemplateException($"unhashable type: '{key.TypeName}'");
        return _positions.TryGetValue(key, out var at) ? _entries[at].Value : null;
    }

    /// <summary>The entries as a list of pairs.</summary>
    public ListValue Pairs() => new([.. _entries.Select(entry => new ListValue([entry.Key, entry.Value], isTuple: true))]);

    /// <inheritdoc/>
    public override IEnumerable<JinjaValue> Elements() => _entries.Select(entry => entry.Key);

    /// <inheritdoc/>
    public override JinjaValue? Attribute(string name) => name switch
    {
        "get" => new FunctionValue(name, (arguments, _) => Find(arguments.Require(0, "key", name)) ?? arguments.Find(1, "default") ?? NoneValue.Instance),
        "items" => new FunctionValue(name, (_, context) => Counted(context, name, Pairs())),
        "keys" => new FunctionValue(name, (_, context) => Counted(context, name, new ListValue([.. Elements()]))),
        "values" => new FunctionValue(name, (_, context) => Counted(context, name, new ListValue([.. _entries.Select(entry => entry.Value)]))),
        "copy" => new FunctionValue(name, (_, _) => this),
        _ when Mutators.Contains(name) => new UndefinedValue($"access to attribute '{name}' of 'dict' object is unsafe."),
        _ => null,
    };

    /// <inheritdoc/>
    public override JinjaValue? Item(JinjaValue key, JinjaContext context) => IsHashable(key) ? Find(key) : null;

    // A template that asks for an element by a list finds none; Python's own methods refuse.
    private static bool IsHashable(JinjaValue key) => key is not (MappingValue or ListValue { IsTuple: false }) && (key as ListValue)?.Values.All(IsHashable) != false;

    /// <inheritdoc/>
    public override void WriteRepr(TextWriter writer)
    {
        JinjaContext.EnsureStack();
        writer.Write('{');
        for (var i = 0; i < _entries.Count; i++)
        {
            if (i > 0)
                writer.Write(", ");
            _entries[i].Key.WriteRepr(writer);
            writer.Write(": ");
            _entries[i].Value.WriteRepr(writer);
        }

        writer.Write('}');
    }

    /// <inheritdoc/>
    public override bool EqualTo(JinjaValue other, RenderBudget budget)
    {
        if (other is not MappingValue mapping || mapping.Entries.Count != _entries.Count)
            return false;
        JinjaContext.EnsureStack();
        foreach (var (key, value) in _entries)
        {
            budget.Spend();
            if (mapping.Find(key) is not { } found || !value.EqualTo(found, budget))
                return false;
        }

        return true;
    }

    private static ViewValue Counted(JinjaContext context, string kind, ListValue list)
    {
        context.Budget.SpendList(list.Values.Count);
        return new ViewValue(kind, list);
    }
}
