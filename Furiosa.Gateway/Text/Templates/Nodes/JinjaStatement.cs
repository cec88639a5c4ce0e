using System.Text.Encodings.Web;
using Fluid;
using Fluid.Ast;

namespace Furiosa.Gateway.Text.Templates.Nodes;

/// <summary>A statement of a template.</summary>
internal abstract class JinjaStatement : Statement
{
    /// <inheritdoc/>
    public override ValueTask<Completion> WriteToAsync(TextWriter writer, TextEncoder encoder, TemplateContext context)
    {
        var jinja = (JinjaContext)context;
        jinja.Budget.Spend();
        JinjaContext.EnsureStack();
        return new ValueTask<Completion>(Run(writer, jinja));
    }

    /// <summary>Writes what the statement makes.</summary>
    protected abstract Completion Run(TextWriter writer, JinjaContext context);
}
