using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi;

/// <summary>
/// The fields of one JSON object of a request, read with strict types: a number is never text, true is never 1, 1.5 is never an integer.
/// A field that is null counts as absent.
/// </summary>
/// <param name="values">The object.</param>
/// <param name="path">Where it stands in the body, for <c>param</c>; empty for the body itself.</param>
internal sealed class BodyFields(JObject values, string path = "")
{
    public JObject Values => values;

    public bool Has(string name) => Find(name) is not null;

    public string PathOf(string name) => path.Length == 0 ? name : $"{path}.{name}";

    public JToken? Find(string name) => values.TryGetValue(name, out var value) && value.Type != JTokenType.Null ? value : null;

    public bool? Boolean(string name) => Find(name) switch
    {
        null => null,
        { Type: JTokenType.Boolean } value => (bool)value,
        var value => throw Wrong(name, value, "true or false"),
    };

    public long? Integer(string name, long least, long most)
    {
        if (Find(name) is not { } value) return null;
        return ReadInteger(PathOf(name), value, least, most);
    }

    public double? Number(string name, double least, double most, bool aboveLeast = false)
    {
        if (Find(name) is not { } value) return null;
        var range = aboveLeast ? $"a number above {least} and at most {most}" : $"a number from {least} to {most}";
        if (value.Type is not (JTokenType.Integer or JTokenType.Float)) throw Wrong(name, value, range);
        var number = ((JValue)value).Value is System.Numerics.BigInteger large ? (double)large : (double)value;
        var fits = double.IsFinite(number) && number <= most && (aboveLeast ? number > least : number >= least);
        return fits ? number : throw Wrong(name, value, range);
    }

    public string? Text(string name) => Find(name) switch
    {
        null => null,
        { Type: JTokenType.String } value => (string)value!,
        var value => throw Wrong(name, value, "a string"),
    };

    /// <summary>A text that must be one of some words.</summary>
    public string? Word(string name, params string[] words) => Text(name) switch
    {
        null => null,
        var text when words.Contains(text) => text,
        var text => throw Wrong(name, text, "one of " + string.Join(", ", words.Select(word => $"\"{word}\""))),
    };

    public JArray? List(string name) => Find(name) switch
    {
        null => null,
        JArray list => list,
        var value => throw Wrong(name, value, "a list"),
    };

    public BodyFields? Object(string name) => Find(name) switch
    {
        null => null,
        JObject value => new BodyFields(value, PathOf(name)),
        var value => throw Wrong(name, value, "an object"),
    };

    public ApiException Wrong(string name, JToken value, string right) => WrongAt(PathOf(name), value, right);

    public static ApiException WrongAt(string path, JToken value, string right) =>
        ApiException.Invalid(path, $"'{path}' is {Describe(value)}, but must be {right}.");

    public static long ReadInteger(string path, JToken value, long least, long most)
    {
        var right = $"an integer from {least} to {most}";
        if (value is not JValue scalar) throw WrongAt(path, value, right);
        var number = scalar.Value switch
        {
            long integer => integer,
            double real when double.IsInteger(real) && Math.Abs(real) < 1e15 => (long)real,
            _ => throw WrongAt(path, value, right),
        };
        return number >= least && number <= most ? number : throw WrongAt(path, value, right);
    }

    public static string Shorten(string text)
    {
        const int longest = 60;
        var line = string.Concat(text.Take(longest).Select(character => char.IsControl(character) ? ' ' : character));
        return text.Length <= longest ? line : line + "...";
    }

    private static string Describe(JToken value) => value switch
    {
        JObject => "an object",
        JArray list => list.Count == 0 ? "an empty list" : "a list",
        { Type: JTokenType.String } => $"the string \"{Shorten((string)value!)}\"",
        { Type: JTokenType.Null } => "null",
        _ => Shorten(value.ToString(Formatting.None)),
    };
}
