using System.Security.Cryptography;
using System.Text;
using Furiosa.Actors.Protocol;
using Furiosa.Gateway.Grammar;
using Furiosa.Gateway.Grammar.Automata;
using Furiosa.Gateway.Grammar.Expressions;
using Furiosa.Gateway.OpenAi;
using Furiosa.Gateway.Tools.Reasoning;
using Furiosa.Gateway.Tools.Requests;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Tools.Forced;

/// <summary>
/// Makes the grammar of a chat's whole answer of what each part of it must follow: reasoning, which is free until its end, then calls,
/// text, or either.
/// </summary>
internal static class AnswerGrammar
{
    // All functions together may cost as much as so many grammars would (some seconds), arguments that are compiled one by one included.
    private const int FunctionsShare = 16;

    /// <summary>The grammar; null where the answer is free.</summary>
    /// <param name="tools">The request's tools.</param>
    /// <param name="content">What an answer in text follows, or null.</param>
    /// <param name="form">How calls are written.</param>
    /// <param name="parser">The reasoning parser, or null.</param>
    /// <param name="reasoning">Where the answer begins, as that parser sees it.</param>
    /// <param name="compiler">Compiles the functions' schemas and the whole, and keeps them.</param>
    /// <exception cref="ApiException">A function's parameters cannot be followed, or all of them together are too large.</exception>
    public static GenerationGrammar? Make(ToolsRequest tools, GenerationGrammar? content, CallForm form, string? parser, ReasoningStart reasoning, GrammarCompiler compiler)
    {
        var marks = parser == null ? null : ReasoningParsers.Marks(parser);
        var constrainsCalls = tools.IsForced || (tools.MayCall && (content != null || tools.Functions.Any(function => function.Strict)));
        if (content == null && !constrainsCalls)
            return null;
        if (!constrainsCalls && reasoning == ReasoningStart.None && marks?.Frames == null && !form.WrapsText)
            return content;
        var functions = constrainsCalls ? Functions(tools, compiler, new GrammarBudget(FunctionsShare)) : [];
        var many = tools.Parallel && tools.Choice.Kind != ToolChoiceKind.Named;
        try
        {
            return compiler.FromExpression(Key(tools, content, form, parser, reasoning, functions), () => form.Reasoned(Answer(), marks, reasoning));
        }
        catch (GrammarException error)
        {
            throw ApiException.Invalid(tools.Legacy ? "functions" : "tools", $"The tools cannot be followed together: {error.Message}");
        }

        GrammarExpression Answer() =>
            !constrainsCalls ? form.Content(new ExpressionGrammar(content!))
            : tools.IsForced ? form.Calls(functions, many)
            : content == null ? form.TextAndCalls(functions, many)
            : GrammarExpression.Choice([form.Content(new ExpressionGrammar(content)), form.Calls(functions, many)]);
    }

    private static string Key(ToolsRequest tools, GenerationGrammar? content, CallForm form, string? parser, ReasoningStart reasoning, List<CallableFunction> functions)
    {
        var key = new StringBuilder($"{form.Key} {tools.Choice.Kind} {tools.Parallel} {parser} {reasoning} {content?.Key}");
        var asked = tools.Functions.DistinctBy(function => function.Name).ToDictionary(function => function.Name, StringComparer.Ordinal);
        foreach (var function in functions)
        {
            key.Append('\n').Append(function.Name).Append(' ').Append(function.Json.Key);

            // One by one, arguments may be written in another way than the object of them is: by the schema's words, or freely.
            if (Follows(tools, asked[function.Name]))
                key.Append(" by ").Append(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(asked[function.Name].Parameters?.ToString(Newtonsoft.Json.Formatting.None) ?? ""))));
        }

        return key.ToString();
    }

    // What the model decides to call freely it may fill freely, unless the function is strict.
    private static bool Follows(ToolsRequest tools, ToolFunction function) => tools.IsForced || function.Strict;

    private static List<CallableFunction> Functions(ToolsRequest tools, GrammarCompiler compiler, GrammarBudget budget)
    {
        var functions = new List<CallableFunction>();
        foreach (var (i, function) in tools.Functions.Index().DistinctBy(entry => entry.Item.Name))
        {
            if (tools.Choice.Function is { } only && only != function.Name)
                continue;
            functions.Add(Follows(tools, function) ? Callable(function, tools.Legacy ? $"functions[{i}].parameters" : $"tools[{i}].function.parameters", compiler, budget) : CallableFreely(function, compiler));
        }

        return functions;
    }

    private static CallableFunction CallableFreely(ToolFunction function, GrammarCompiler compiler) =>
        new(function.Name, compiler.JsonObject(), new Lazy<NamedArguments>(() => new NamedArguments([], new ExpressionGrammar(compiler.FromJsonSchema(true)))));

    private static CallableFunction Callable(ToolFunction function, string path, GrammarCompiler compiler, GrammarBudget budget)
    {
        // A function without parameters takes none.
        var schema = (JObject?)function.Parameters?.DeepClone() ?? new JObject { ["additionalProperties"] = false };
        if ((schema["type"] ??= "object") is not { Type: JTokenType.String } type || (string?)type != "object")
            throw ApiException.Invalid($"{path}.type", $"'{path}.type' must be \"object\": a function's arguments are one.");
        return Blame(path, () => new CallableFunction(
            function.Name, compiler.FromJsonSchema(schema, budget: budget), new Lazy<NamedArguments>(() => Blame(path, () => NamedArguments.Of(function.Parameters, compiler, budget)))));
    }

    private static T Blame<T>(string path, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (GrammarException error)
        {
            throw ApiException.Invalid(path, $"'{path}' cannot be followed: {error.Message}");
        }
    }
}
