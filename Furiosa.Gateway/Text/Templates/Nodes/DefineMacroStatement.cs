using Fluid;
using Fluid.Ast;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Nodes;

/// <summary>What a macro or a call block says of itself.</summary>
/// <param name="Name">Its name; a call block's is <c>caller</c>.</param>
/// <param name="Parameters">Its parameters with their defaults.</param>
/// <param name="Body">What it writes.</param>
/// <param name="UsesVarargs">Whether it takes further arguments by position.</param>
/// <param name="UsesKwargs">Whether it takes further arguments by name.</param>
/// <param name="UsesCaller">Whether it calls the call block that called it.</param>
internal sealed record MacroDefinition(
    string Name,
    IReadOnlyList<(string Name, JinjaExpression? Default)> Parameters,
    Block Body,
    bool UsesVarargs,
    bool UsesKwargs,
    bool UsesCaller);

/// <summary><c>macro</c>: makes a function of its name.</summary>
internal sealed class DefineMacroStatement(MacroDefinition definition) : JinjaStatement
{
    /// <inheritdoc/>
    protected override Completion Run(TextWriter writer, JinjaContext context)
    {
        context.Variables.SetOwnValue(definition.Name, new MacroValue(definition, context.Variables));
        return Completion.Normal;
    }
}

/// <summary><c>call</c>: calls a macro, which may call the block's body as <c>caller()</c>.</summary>
internal sealed class CallBlockStatement(CallExpression call, MacroDefinition caller) : JinjaStatement
{
    /// <inheritdoc/>
    protected override Completion Run(TextWriter writer, JinjaContext context)
    {
        call.CallWith("caller", new MacroValue(caller, context.Variables, isCaller: true), context).WriteText(writer);
        return Completion.Normal;
    }
}

/// <summary>A macro, or the body of a call block, with the scope in which it stands.</summary>
internal sealed class MacroValue(MacroDefinition definition, Scope outer, bool isCaller = false) : JinjaValue
{
    /// <inheritdoc/>
    public override string TypeName => "Macro";

    /// <inheritdoc/>
    public override JinjaValue? Attribute(string name) => name switch
    {
        "name" => new TextValue(definition.Name),
        "arguments" => new ListValue([.. definition.Parameters.Select(parameter => new TextValue(parameter.Name))], isTuple: true),
        "catch_varargs" => BooleanValue.Of(definition.UsesVarargs),
        "catch_kwargs" => BooleanValue.Of(definition.UsesKwargs),
        "caller" => BooleanValue.Of(definition.UsesCaller),
        _ => null,
    };

    /// <inheritdoc/>
    public override JinjaValue Call(CallArguments arguments, JinjaContext context) => context.InScope(outer, scope =>
    {
        Bind(arguments, scope, context);
        return new TextValue(definition.Body.Capture(context));
    });

    /// <inheritdoc/>
    public override void WriteRepr(TextWriter writer) => writer.Write(isCaller ? "<Macro anonymous>" : $"<Macro '{definition.Name}'>");

    /// <inheritdoc/>
    public override bool EqualTo(JinjaValue other, RenderBudget budget) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => definition.Name.GetHashCode(StringComparison.Ordinal);

    private void Bind(CallArguments arguments, Scope scope, JinjaContext context)
    {
        var parameters = definition.Parameters;
        var named = new Dictionary<string, JinjaValue>(StringComparer.Ordinal);
        foreach (var (name, value) in arguments.Named)
        {
            if (!named.TryAdd(name, value))
                throw new ChatTemplateException($"macro '{definition.Name}' got multiple values for keyword argument '{name}'");
        }

        for (var i = 0; i < parameters.Count; i++)
        {
            var (name, otherwise) = parameters[i];
            var isNamed = named.Remove(name, out var value);
            if (i < arguments.Positional.Count)
                value = isNamed ? throw new ChatTemplateException($"macro '{definition.Name}' got multiple values for argument '{name}'") : arguments.Positional[i];
            scope.SetOwnValue(name, value ?? otherwise?.Evaluate(context) ?? new UndefinedValue($"parameter '{name}' was not provided"));
        }

        var isCalled = named.Remove("caller", out var caller);
        if (definition.UsesCaller)
            scope.SetOwnValue("caller", caller ?? new UndefinedValue("No caller defined"));
        else if (isCalled && definition.UsesKwargs)
            named["caller"] = caller!;
        else if (isCalled)
            throw new ChatTemplateException($"macro '{definition.Name}' takes no keyword argument 'caller'");
        BindRest(arguments, named, scope);
    }

    private void BindRest(CallArguments arguments, Dictionary<string, JinjaValue> named, Scope scope)
    {
        var count = definition.Parameters.Count;
        if (definition.UsesVarargs)
            scope.SetOwnValue("varargs", new ListValue([.. arguments.Positional.Skip(count)], isTuple: true));
        else if (arguments.Positional.Count > count)
            throw new ChatTemplateException($"macro '{definition.Name}' takes not more than {count} argument(s)");
        if (definition.UsesKwargs)
            scope.SetOwnValue("kwargs", new MappingValue(named.Select(entry => KeyValuePair.Create<JinjaValue, JinjaValue>(new TextValue(entry.Key), entry.Value))));
        else if (named.Count > 0)
            throw new ChatTemplateException($"macro '{definition.Name}' takes no keyword argument '{named.Keys.First()}'");
    }
}
