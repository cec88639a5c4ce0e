using Fluid.Ast;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Nodes;

/// <summary>Makes names undefined in the scope that begins here, for it assigns them later.</summary>
internal sealed class HideStatement(IReadOnlyList<string> names) : JinjaStatement
{
    /// <inheritdoc/>
    protected override Completion Run(TextWriter writer, JinjaContext context)
    {
        foreach (var name in names)
            context.Variables.SetOwnValue(name, new UndefinedValue($"'{name}' is undefined"));
        return Completion.Normal;
    }
}
