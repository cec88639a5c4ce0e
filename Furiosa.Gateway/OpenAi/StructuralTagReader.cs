using Furiosa.Gateway.Grammar;
using Furiosa.Gateway.Grammar.Automata;
using Furiosa.Gateway.Grammar.Expressions;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi;

/// <summary>
/// Reads structural tags: formats of free text, fixed text, schemas, expressions and grammars put together (<c>format</c>), or the older
/// <c>structures</c> with <c>triggers</c>, where each structure that a trigger begins must be followed to its end.
/// </summary>
internal sealed class StructuralTagReader
{
    private const int MostParts = 2_000;
    private const int MostTexts = 500;
    private const int MostPairs = 20_000;

    private readonly GrammarCompiler _compiler;

    // All parts together may cost as much as two grammars would.
    private readonly GrammarBudget _budget = new(grammars: 2, each: 2);
    private int _parts;

    private StructuralTagReader(GrammarCompiler compiler) => _compiler = compiler;

    /// <summary>What the tag asks for.</summary>
    /// <exception cref="ApiException">It is not a structural tag; the message names the field.</exception>
    /// <exception cref="GrammarException">A schema, expression or grammar in it cannot be followed.</exception>
    public static GrammarExpression Read(BodyFields tag, GrammarCompiler compiler)
    {
        var reader = new StructuralTagReader(compiler);
        return tag.Object("format") is { } format ? reader.Format(format) : reader.Structures(tag);
    }

    /// <summary>The tag where it is given as text.</summary>
    public static BodyFields Parse(string text, string path)
    {
        try
        {
            using var reader = new JsonTextReader(new StringReader(text)) { DateParseHandling = DateParseHandling.None, MaxDepth = JsonBodyReader.MostDepth };
            var tag = JObject.Load(reader);
            // Comments may follow; anything else throws.
            while (reader.Read()) continue;
            return new BodyFields(tag, path);
        }
        catch (JsonException problem)
        {
            throw ApiException.Invalid(path, $"'{path}' is not a JSON object: {problem.Message}");
        }
    }

    private GrammarExpression Structures(BodyFields tag)
    {
        var tags = Objects(tag, "structures").Select(structure => (
            Begin: Begin(structure), End: Required(structure, "end"),
            Content: Schema(structure, structure.Has("schema") ? "schema" : "json_schema"))).ToList();
        return new ExpressionFree(Triggers(tag, [.. tags.Select(one => (one.Begin, Sequence(one.Content, GrammarExpression.Text(one.End))))]));
    }

    private GrammarExpression Format(BodyFields format)
    {
        GrammarBudget.EnsureStack();
        Count(format, "type");
        switch (Required(format, "type"))
        {
            case "const_string": return GrammarExpression.Text(Required(format, "value"));
            case "json_schema": return Schema(format, "json_schema");
            case "regex": return new ExpressionGrammar(_compiler.FromRegex(Required(format, "pattern"), _budget));
            case "grammar": return new ExpressionGrammar(_compiler.FromGrammar(Required(format, "grammar"), _budget));
            case "any_text": return new ExpressionFree([.. Texts(format, "excludes").Select(text => new FreeTrigger(text, GrammarExpression.Characters(CodePointSet.Of())))]);
            case "sequence": return new ExpressionSequence([.. Objects(format, "elements").Select(Format)]);
            case "or": return GrammarExpression.Choice([.. Objects(format, "elements").Select(Format)]);
            case "tag": return Tag(format);
            case "triggered_tags": return TriggeredTags(format);
            case "tags_with_separator": return SeparatedTags(format);
            case var other:
                throw ApiException.Invalid(
                    format.PathOf("type"),
                    $"'{format.PathOf("type")}' is \"{BodyFields.Shorten(other)}\", but must be const_string, json_schema, regex, grammar, any_text, sequence, or, tag, triggered_tags or tags_with_separator.");
        }
    }

    private GrammarExpression Tag(BodyFields tag) => Sequence(GrammarExpression.Text(Begin(tag)), AfterBegin(tag));

    // A tag costs something of its own, whatever its content.
    private string Begin(BodyFields tag)
    {
        Count(tag, "begin");
        return Required(tag, "begin");
    }

    private void Count(BodyFields part, string name)
    {
        if (++_parts > MostParts)
            throw ApiException.Invalid(part.PathOf(name), $"The structural tag has more than {MostParts} parts by '{part.PathOf(name)}': leave some of them out.");
    }

    // Free text in a tag goes on to the tag's end and not beyond it.
    private GrammarExpression AfterBegin(BodyFields tag)
    {
        var content = tag.Object("content") ?? throw Missing(tag, "content", "an object with 'type'");
        var ends = tag.Find("end") is { Type: JTokenType.String } ? [Required(tag, "end")] : Texts(tag, "end");
        if (ends.Count == 0)
            throw Missing(tag, "end", "a string, or a list of strings");
        return content.Text("type") == "any_text"
            ? new ExpressionFree([.. ends.Select(end => new FreeTrigger(end, GrammarExpression.Empty))], MayEnd: false, Once: true)
            : Sequence(Format(content), GrammarExpression.Choice([.. ends.Select(end => GrammarExpression.Text(end))]));
    }

    private GrammarExpression TriggeredTags(BodyFields format)
    {
        var tags = Objects(format, "tags").Select(tag => (Begin: Begin(tag), After: AfterBegin(tag))).ToList();
        var free = new ExpressionFree(Triggers(format, tags));
        var first = free with { MayEnd = false, Once = true };
        return (format.Boolean("at_least_one") ?? false, format.Boolean("stop_after_first") ?? false) switch
        {
            (false, false) => free,
            (true, false) => Sequence(first, free),
            (true, true) => first,
            _ => GrammarExpression.Choice([first, new ExpressionFree([.. free.Triggers.Select(trigger => trigger with { After = GrammarExpression.Characters(CodePointSet.Of()) })])]),
        };
    }

    private GrammarExpression SeparatedTags(BodyFields format)
    {
        var tag = GrammarExpression.Choice([.. Objects(format, "tags").Select(Tag)]);
        var most = format.Boolean("stop_after_first") == true ? 0 : (int?)null;
        var several = Sequence(tag, new ExpressionRepeat(Sequence(GrammarExpression.Text(Required(format, "separator")), tag), 0, most));
        return new ExpressionRepeat(several, format.Boolean("at_least_one") == true ? 1 : 0, 1);
    }

    // Free text up to a trigger, then the rest of one of the tags that begin with it.
    private static List<FreeTrigger> Triggers(BodyFields holder, List<(string Begin, GrammarExpression After)> tags)
    {
        var triggers = Texts(holder, "triggers");
        var path = holder.PathOf("triggers");
        if (triggers.GroupBy(trigger => trigger, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw ApiException.Invalid(path, $"'{path}' has \"{BodyFields.Shorten(twice.Key)}\" {twice.Count()} times: send each trigger once.");
        if ((long)triggers.Count * tags.Count > MostPairs)
            throw ApiException.Invalid(path, $"'{path}' has {triggers.Count} triggers for {tags.Count} tags; at most {MostPairs} pairs of one and the other are taken: send fewer triggers, such as one that begins many tags.");
        foreach (var (begin, _) in tags)
        {
            if (!triggers.Any(trigger => begin.StartsWith(trigger, StringComparison.Ordinal)))
                throw ApiException.Invalid(holder.PathOf("triggers"), $"None of '{holder.PathOf("triggers")}' begins the tag \"{BodyFields.Shorten(begin)}\".");
        }

        return [.. triggers.Select(trigger => new FreeTrigger(trigger, GrammarExpression.Choice([.. tags
            .Where(tag => tag.Begin.StartsWith(trigger, StringComparison.Ordinal))
            .Select(tag => Sequence(GrammarExpression.Text(tag.Begin[trigger.Length..]), tag.After))])))];
    }

    private ExpressionGrammar Schema(BodyFields holder, string name)
    {
        var schema = holder.Find(name) ?? throw Missing(holder, name, "a JSON schema");
        return schema is JObject || schema.Type == JTokenType.Boolean ? new ExpressionGrammar(_compiler.FromJsonSchema(schema, budget: _budget)) : throw holder.Wrong(name, schema, "a JSON schema");
    }

    private static List<BodyFields> Objects(BodyFields holder, string name)
    {
        var list = holder.List(name) ?? throw Missing(holder, name, "a list of objects");
        return [.. list.Select((item, i) => item is JObject value
            ? new BodyFields(value, $"{holder.PathOf(name)}[{i}]") : throw BodyFields.WrongAt($"{holder.PathOf(name)}[{i}]", item, "an object"))];
    }

    private static List<string> Texts(BodyFields holder, string name)
    {
        var (list, path) = (holder.List(name) ?? [], holder.PathOf(name));
        if (list.Count > MostTexts)
            throw ApiException.Invalid(path, $"'{path}' has {list.Count} entries; the most is {MostTexts}: leave some of them out.");
        return [.. list.Select((item, i) => item.Type == JTokenType.String && ((string)item!).Length > 0
            ? Bounded((string)item!, $"{path}[{i}]") : throw BodyFields.WrongAt($"{path}[{i}]", item, "a string that is not empty"))];
    }

    private static string Required(BodyFields holder, string name) => Bounded(holder.Text(name) ?? throw Missing(holder, name, "a string"), holder.PathOf(name));

    private static string Bounded(string text, string path) => text.Length <= GrammarLimits.MaxTextLength ? text
        : throw ApiException.Invalid(path, $"'{path}' has {text.Length} characters; at most {GrammarLimits.MaxTextLength} are taken: send a shorter one.");

    private static ExpressionSequence Sequence(params GrammarExpression[] parts) => new(parts);

    private static ApiException Missing(BodyFields holder, string name, string right) =>
        ApiException.Invalid(holder.PathOf(name), $"'{holder.PathOf(name)}' is missing; it must be {right}.");
}
