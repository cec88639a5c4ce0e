using Furiosa.Gateway.Grammar;
using Furiosa.Gateway.Grammar.Automata;
using Furiosa.Gateway.Grammar.Expressions;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Tools.Forced;

/// <summary>One argument of a function.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsRequired">Whether a call must have it.</param>
/// <param name="AsJson">Its value as JSON.</param>
/// <param name="AsText">Its value as XML-like calls have it: a string as it is, anything else as JSON.</param>
/// <param name="IsText">Whether that is a string.</param>
internal sealed record NamedArgument(string Name, bool IsRequired, GrammarExpression AsJson, GrammarExpression AsText, bool IsText);

/// <summary>The arguments of a function one by one, for calls that are not written as one JSON object.</summary>
/// <param name="All">The arguments in the schema's order.</param>
/// <param name="Any">Where any arguments may be given: any JSON value; else null.</param>
internal sealed record NamedArguments(IReadOnlyList<NamedArgument> All, GrammarExpression? Any = null)
{
    /// <summary>A name that an argument may have where any may be given.</summary>
    public static GrammarExpression AnyName { get; } = RegexParser.Parse("[a-zA-Z_][a-zA-Z0-9_]{0,63}");

    // What would end a value in one family of models or another.
    private const string Closing = ".*(?:</(?:｜DSML｜|atem:)?parameter>|</arg_value>|\\]<\\]minimax\\[>\\[|<\\|close\\|>).*";

    private static readonly string[] Taken = ["type", "properties", "required", "additionalProperties", "title", "description", "$schema", "$defs", "definitions", "strict"];

    /// <exception cref="GrammarException">The schema says more of the arguments than what each of them is.</exception>
    public static NamedArguments Of(JObject? parameters, GrammarCompiler compiler, GrammarBudget budget)
    {
        if (parameters == null)
            return new NamedArguments([]);
        if (parameters.Properties().FirstOrDefault(property => !Taken.Contains(property.Name)) is { } other)
            throw new GrammarException($"The keyword '{other.Name}' is not supported beside a function's 'properties' where the model does not write calls as JSON.");
        var properties = parameters["properties"] as JObject ?? [];
        var required = (parameters["required"] as JArray ?? []).Select(name => (string?)name).ToHashSet();
        if (required.FirstOrDefault(name => name == null || !properties.ContainsKey(name)) is { } missing)
            throw new GrammarException($"The argument '{missing}' is required, but not among the function's 'properties'.");
        return new NamedArguments([.. properties.Properties().Select(property => Argument(property, required.Contains(property.Name), parameters, compiler, budget))]);
    }

    private static NamedArgument Argument(JProperty property, bool required, JObject parameters, GrammarCompiler compiler, GrammarBudget budget)
    {
        if (property.Name.Length == 0 || property.Name.AsSpan().ContainsAny("<>\n=,() \"'"))
            throw new GrammarException($"The argument name '{property.Name}' cannot be written in this model's calls.");
        var json = new ExpressionGrammar(compiler.FromJsonSchema(Alone(property.Value, parameters), budget: budget));
        var text = Text(property.Value, parameters, json, budget);
        return new NamedArgument(property.Name, required, json, text, !ReferenceEquals(text, json));
    }

    // With what its references may lead to.
    private static JToken Alone(JToken schema, JObject parameters)
    {
        var alone = new JObject { ["allOf"] = new JArray(schema) };
        foreach (var keyword in new[] { "$defs", "definitions" })
        {
            if (parameters[keyword] is { } definitions)
                alone[keyword] = definitions;
        }

        return alone;
    }

    private static GrammarExpression Text(JToken schema, JObject parameters, GrammarExpression json, GrammarBudget budget)
    {
        var types = new ToolSchemas(new Dictionary<string, JObject?> { ["f"] = new JObject { ["properties"] = new JObject { ["p"] = schema } } }).ParameterTypes("f", "p");
        if (types.Count > 0 && !types.Contains("string"))
            return json;
        if (types.Count > 1 && !(types.Count == 2 && types.Contains("null")))
            throw new GrammarException("An argument that may be a string or something else is not supported where the model does not write calls as JSON.");
        var closing = budget.Part();
        var text = GrammarCompiler.StringsOf(Alone(schema, parameters), budget.Part()).Except(ExpressionLanguage.Matching(Closing, closing));
        if (types.Contains("null"))
            text = text.Except(ExpressionLanguage.Matching("\\s*(?:null|None)\\s*", closing)).Or(ExpressionLanguage.Matching("null", closing));
        return new ExpressionDfa(text);
    }
}
