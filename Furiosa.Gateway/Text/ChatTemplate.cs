using Fluid;
using Fluid.Parser;
using Furiosa.Gateway.Text.Templates;
using Furiosa.Gateway.Text.Templates.Library;
using Furiosa.Gateway.Text.Templates.Parsing;
using Furiosa.Gateway.Text.Templates.Values;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Text;

/// <summary>A model's chat template: Jinja2 as Hugging Face sets it up, rendered in a sandbox with bounds on time, size and depth. Thread-safe.</summary>
/// <remarks>
/// The lexer and the parser are our own and build a tree that Fluid renders; Fluid's parser reads Liquid, which is another language. Values are
/// ours too, for Fluid's have Liquid's truth and one kind of number. A template reaches no .NET object but these values.
/// </remarks>
internal sealed class ChatTemplate
{
    private static readonly TemplateOptions Options = new();

    private readonly FluidTemplate _template;
    private readonly FluidTemplate? _withTools;
    private readonly Lazy<bool?> _wantsNullBesideCalls;

    private ChatTemplate(FluidTemplate template, FluidTemplate? withTools = null)
    {
        _template = template;
        _withTools = withTools;
        _wantsNullBesideCalls = new Lazy<bool?>(() => CallContent.WantsNull(this));
    }

    /// <summary>Whether the content of a message that only calls must be null (true) or an empty text (false); null where it does not matter.</summary>
    public bool? WantsNullBesideCalls => _wantsNullBesideCalls.Value;

    /// <summary>
    /// Finds a model's template: <paramref name="overrideFile"/> if given, else <c>chat_template.jinja</c>, else <c>chat_template</c> in
    /// <c>tokenizer_config.json</c> (a string, or a list of named ones of which <c>tool_use</c> serves requests with tools and <c>default</c> the others).
    /// </summary>
    /// <returns>The template, or null where the model has none.</returns>
    /// <exception cref="ModelTextException">A file cannot be read.</exception>
    /// <exception cref="ChatTemplateException">The template does not parse; the message names line and column.</exception>
    public static ChatTemplate? Load(string modelDirectory, string? overrideFile = null)
    {
        var found = ChatTemplateFiles.Find(modelDirectory, overrideFile);
        return found is { } sources ? new ChatTemplate(TemplateParser.Parse(sources.Default), sources.ToolUse is { } toolUse ? TemplateParser.Parse(toolUse) : null) : null;
    }

    /// <summary>Parses a template.</summary>
    /// <exception cref="ChatTemplateException">The template does not parse; the message names line and column.</exception>
    public static ChatTemplate Parse(string source) => new(TemplateParser.Parse(source));

    /// <summary>Renders a prompt.</summary>
    /// <param name="variables">
    /// What the template may use: <c>messages</c>, <c>tools</c>, <c>documents</c>, <c>add_generation_prompt</c>, <c>bos_token</c> and its like,
    /// and the request's <c>chat_template_kwargs</c>. A variable that is left out is undefined; null is Jinja's <c>none</c>.
    /// </param>
    /// <param name="clock">What <c>strftime_now</c> reads; the system's clock where null.</param>
    /// <exception cref="ChatTemplateException">The template raised an error or reached a bound.</exception>
    public string Render(JObject variables, TimeProvider? clock = null)
    {
        var context = new JinjaContext(Options, clock ?? TimeProvider.System);
        JinjaGlobals.AddTo(context.Variables);
        foreach (var (name, value) in variables)
            context.Variables.SetOwnValue(name, JinjaValues.From(value));
        var template = _withTools != null && variables["tools"] is { Type: not JTokenType.Null } ? _withTools : _template;
        using var writer = new BoundedWriter(context.Budget);
        var rendering = template.RenderAsync(writer, NullEncoder.Default, context);
        if (!rendering.IsCompleted)
            throw new InvalidOperationException("A template does nothing that waits.");
        rendering.GetAwaiter().GetResult();
        return writer.ToString();
    }
}
