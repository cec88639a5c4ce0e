using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Nodes;

/// <summary>What <c>set</c> and <c>for</c> assign to: a name, an attribute of a namespace, or several of them.</summary>
internal sealed class AssignmentTarget
{
    private readonly string? _name;
    private readonly string? _attribute;
    private readonly IReadOnlyList<AssignmentTarget>? _parts;

    public AssignmentTarget(string name, string? attribute = null)
    {
        _name = name;
        _attribute = attribute;
    }

    public AssignmentTarget(IReadOnlyList<AssignmentTarget> parts) => _parts = parts;

    /// <summary>The variables that are assigned to.</summary>
    public IEnumerable<string> Names => _parts?.SelectMany(part => part.Names) ?? (_attribute == null ? [_name!] : []);

    /// <summary>The namespaces whose attributes are assigned to.</summary>
    public IEnumerable<string> Spaces => _parts?.SelectMany(part => part.Spaces) ?? (_attribute != null ? [_name!] : []);

    /// <summary>Assigns in the innermost scope.</summary>
    public void Assign(JinjaValue value, JinjaContext context)
    {
        if (_parts != null)
        {
            Unpack(value, context);
            return;
        }

        if (_attribute == null)
        {
            context.Variables.SetOwnValue(_name!, value);
            return;
        }

        if (context.Lookup(_name!) is not NamespaceValue space)
            throw new ChatTemplateException("cannot assign attribute on non-namespace object");
        space.Set(_attribute, value);
    }

    private void Unpack(JinjaValue value, JinjaContext context)
    {
        var parts = value.Elements() ?? throw new ChatTemplateException($"cannot unpack non-iterable {value.TypeName} object");
        var values = parts.Take(_parts!.Count + 1).ToList();
        if (values.Count > _parts.Count)
            throw new ChatTemplateException($"too many values to unpack (expected {_parts.Count})");
        if (values.Count < _parts.Count)
            throw new ChatTemplateException($"not enough values to unpack (expected {_parts.Count}, got {values.Count})");
        for (var i = 0; i < values.Count; i++)
            _parts[i].Assign(values[i], context);
    }
}
