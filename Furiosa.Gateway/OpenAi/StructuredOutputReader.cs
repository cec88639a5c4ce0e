using Furiosa.Actors.Protocol;
using Furiosa.Gateway.Grammar;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi;

/// <summary>
/// Reads what an answer must follow: <c>response_format</c>, <c>structured_outputs</c>, the older <c>guided_*</c> fields, and llama.cpp's
/// <c>grammar</c> and <c>json_schema</c>. At most one of them.
/// </summary>
internal static class StructuredOutputReader
{
    private const string OwnSpace = "guided_whitespace_pattern";

    private static readonly string[] Kinds = ["json", "regex", "choice", "grammar", "json_object", "structural_tag"];

    /// <summary>The grammar; null where the answer is free.</summary>
    public static GenerationGrammar? Read(BodyFields fields, GrammarCompiler compiler, StopSettings stops, SamplingParameters sampling)
    {
        var asked = new List<(string Field, Func<GenerationGrammar> Compile)>();
        var space = fields.Text(OwnSpace);
        if (ReadFormat(fields, compiler, space) is { } format) asked.Add(("response_format", format));
        if (fields.Object("structured_outputs") is { } structured) asked.Add(ReadStructured(structured, compiler));
        foreach (var kind in Kinds.Where(kind => kind != "json_object"))
        {
            var name = "guided_" + kind;
            if (fields.Has(name)) asked.Add((name, ReadKind(fields, name, kind, compiler, space)));
        }
        if (fields.Boolean("guided_json_object") == true) asked.Add(("guided_json_object", () => compiler.JsonObject(space)));
        if (fields.Has("grammar")) asked.Add(("grammar", ReadKind(fields, "grammar", "grammar", compiler)));
        if (fields.Has("json_schema")) asked.Add(("json_schema", ReadKind(fields, "json_schema", "json", compiler, space)));
        if (space is not null && !asked.Exists(one => one.Field.Contains("json", StringComparison.Ordinal) || one.Field == "response_format"))
            throw ApiException.Invalid(OwnSpace, $"'{OwnSpace}' says what may stand between the tokens of JSON, and this answer is not asked to be JSON: leave it out.");
        if (asked.Count == 0) return null;
        if (asked.Count > 1)
            throw ApiException.Invalid(asked[1].Field, $"'{asked[0].Field}' and '{asked[1].Field}' cannot be combined: an answer follows one of them. Send one.");
        CheckEnd(fields, stops, asked[0].Field);
        SamplingReader.RefuseWithGrammar(sampling, asked[0].Field);
        return Compile(asked[0].Field, asked[0].Compile);
    }

    // A grammar says where an answer is whole; the token that ends it must exist.
    public static void CheckEnd(BodyFields fields, StopSettings stops, string field)
    {
        if (fields.Boolean("ignore_eos") == true)
            throw ApiException.Invalid("ignore_eos", $"'ignore_eos' cannot be combined with '{field}', which decides where the answer ends: leave it out.");
        if (stops.OwnMinTokens > 0)
            throw ApiException.Invalid("min_tokens", $"'min_tokens' cannot be combined with '{field}', which decides where the answer ends: leave it out.");
        if (stops.TokenIds.IsEmpty)
            throw ApiException.Invalid(field, $"'{field}' needs a token that ends the answer, and this model has none: send one in 'stop_token_ids'.");
    }

    private static Func<GenerationGrammar>? ReadFormat(BodyFields fields, GrammarCompiler compiler, string? space)
    {
        if (fields.Object("response_format") is not { } format) return null;
        switch (format.Text("type"))
        {
            case "text":
                return null;
            case "json_object" when format.Has("schema"):
                return ReadKind(format, "schema", "json", compiler, space);
            case "json_object":
                return () => compiler.JsonObject(space);
            case "json_schema":
                var holder = format.Object("json_schema") ?? (format.Has("schema") ? format : throw Missing("response_format.json_schema", "an object with 'name' and 'schema'"));
                holder.Boolean("strict");
                return holder.Has("schema") ? ReadKind(holder, "schema", "json", compiler, space) : throw Missing(holder.PathOf("schema"), "a JSON schema");
            case "structural_tag":
                return StructuralTag(format, compiler);
            case null:
                throw Missing("response_format.type", "\"text\", \"json_object\" or \"json_schema\"");
            case var other:
                throw ApiException.Invalid("response_format.type", $"'response_format.type' is \"{BodyFields.Shorten(other)}\", but must be \"text\", \"json_object\", \"json_schema\" or \"structural_tag\".");
        }
    }

    private static (string, Func<GenerationGrammar>) ReadStructured(BodyFields structured, GrammarCompiler compiler)
    {
        if (structured.Boolean("disable_additional_properties") == true)
            throw new ApiException(ApiError.Unsupported(structured.PathOf("disable_additional_properties"), "say 'additionalProperties': false in the schema."));
        var space = structured.Boolean("disable_any_whitespace") == true ? "" : structured.Text("whitespace_pattern");
        var given = Kinds.Where(kind => kind == "json_object" ? structured.Boolean(kind) == true : structured.Has(kind)).ToList();
        return given.Count == 1
            ? (structured.PathOf(given[0]), ReadKind(structured, given[0], given[0], compiler, space))
            : throw ApiException.Invalid("structured_outputs", $"'structured_outputs' has {given.Count} of {string.Join(", ", Kinds)}, but must have exactly one.");
    }

    private static Func<GenerationGrammar> ReadKind(BodyFields fields, string name, string kind, GrammarCompiler compiler, string? space = null)
    {
        switch (kind)
        {
            case "json":
                var schema = fields.Find(name)!;
                if (schema.Type == JTokenType.String) return () => compiler.FromJsonSchema((string)schema!, space);
                if (schema is not JObject && schema.Type != JTokenType.Boolean) throw fields.Wrong(name, schema, "a JSON schema: an object, or its text");
                return () => compiler.FromJsonSchema(schema, space);
            case "regex":
                var pattern = fields.Text(name)!;
                return () => compiler.FromRegex(pattern);
            case "choice":
                var list = fields.List(name)!;
                if (list.Any(choice => choice.Type != JTokenType.String)) throw fields.Wrong(name, list, "a list of strings");
                return () => compiler.FromChoice([.. list.Select(choice => (string)choice!)]);
            case "grammar":
                var grammar = fields.Text(name)!;
                return () => compiler.FromGrammar(grammar);
            case "structural_tag":
                var tag = fields.Find(name) is { Type: JTokenType.String } written ? StructuralTagReader.Parse((string)written!, fields.PathOf(name)) : fields.Object(name)!;
                return StructuralTag(tag, compiler);
            default:
                return () => compiler.JsonObject(space);
        }
    }

    private static Func<GenerationGrammar> StructuralTag(BodyFields tag, GrammarCompiler compiler) =>
        () => compiler.FromExpression("structural_tag " + tag.Values.ToString(Newtonsoft.Json.Formatting.None), () => StructuralTagReader.Read(tag, compiler));

    private static GenerationGrammar Compile(string field, Func<GenerationGrammar> compile)
    {
        try
        {
            return compile();
        }
        catch (GrammarException problem)
        {
            throw ApiException.Invalid(field, $"'{field}' cannot be followed. {problem.Message}");
        }
    }

    private static ApiException Missing(string path, string right) => ApiException.Invalid(path, $"'{path}' is missing; it must be {right}.");
}
