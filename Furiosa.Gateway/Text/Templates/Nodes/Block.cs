using Fluid;
using Fluid.Ast;

namespace Furiosa.Gateway.Text.Templates.Nodes;

/// <summary>Statements one after the other, Fluid's own (text and output) among them.</summary>
internal sealed class Block(IReadOnlyList<Statement> statements)
{
    /// <summary>The statements.</summary>
    public IReadOnlyList<Statement> Statements => statements;

    /// <summary>Runs them until one breaks off the loop around them.</summary>
    public Completion Run(TextWriter writer, JinjaContext context)
    {
        foreach (var statement in statements)
        {
            var completion = statement.WriteToAsync(writer, NullEncoder.Default, context).GetAwaiter().GetResult();
            if (completion != Completion.Normal)
                return completion;
        }

        return Completion.Normal;
    }

    /// <summary>What they write, as text.</summary>
    public string Capture(JinjaContext context)
    {
        using var writer = new BoundedWriter(context.Budget);
        Run(writer, context);
        return writer.ToString();
    }
}
