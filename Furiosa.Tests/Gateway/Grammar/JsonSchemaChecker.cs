using System.Globalization;
using System.Text.RegularExpressions;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Grammar;

/// <summary>A plain JSON Schema validator that shares nothing with the compiler: it looks at values, not at texts.</summary>
internal sealed class JsonSchemaChecker(JToken root)
{
    public static JToken Parse(string text)
    {
        using var reader = new JsonTextReader(new StringReader(text)) { DateParseHandling = DateParseHandling.None, FloatParseHandling = FloatParseHandling.Double, MaxDepth = 4096 };
        var value = JToken.ReadFrom(reader, new JsonLoadSettings { DuplicatePropertyNameHandling = DuplicatePropertyNameHandling.Replace });
        return reader.Read() ? throw new JsonReaderException("text after the value") : value;
    }

    /// <summary>Null where the value is valid, else what is wrong with it.</summary>
    public string? Check(JToken value) => Check(root, value);

    private string? Check(JToken schema, JToken value)
    {
        if (schema is JValue { Value: bool allowed })
            return allowed ? null : $"nothing is valid at {value.Path}";
        var s = (JObject)schema;
        foreach (var (keyword, argument) in s)
        {
            if (!Holds(s, keyword, argument!, value))
                return $"'{keyword}': {argument!.ToString(Formatting.None)} fails at '{value.Path}' for {value.ToString(Formatting.None)}";
        }

        return null;
    }

    private bool IsValid(JToken schema, JToken value) => Check(schema, value) == null;

    private bool Holds(JObject schema, string keyword, JToken argument, JToken value) => keyword switch
    {
        "$ref" => IsValid(Resolve((string)argument!), value),
        "allOf" => argument.All(one => IsValid(one, value)),
        "anyOf" => argument.Any(one => IsValid(one, value)),
        "oneOf" => argument.Count(one => IsValid(one, value)) == 1,
        "type" => (argument is JArray types ? types : new JArray(argument)).Any(type => IsType((string)type!, value)) || ((bool?)schema["nullable"] == true && value.Type == JTokenType.Null),
        "enum" => argument.Any(one => Same(one, value)),
        "const" => Same(argument, value),
        _ => value switch
        {
            JObject map => HoldsForObject(schema, keyword, argument, map),
            JArray list => HoldsForArray(schema, keyword, argument, list),
            JValue { Value: string text } => HoldsForString(keyword, argument, text),
            JValue { Type: JTokenType.Integer or JTokenType.Float } number => HoldsForNumber(keyword, argument, number.ToObject<decimal>()),
            _ => true,
        },
    };

    private bool HoldsForObject(JObject schema, string keyword, JToken argument, JObject value) => keyword switch
    {
        "properties" => ((JObject)argument).Properties().All(property => value[property.Name] is not { } member || IsValid(property.Value, member)),
        "required" => argument.All(name => value.ContainsKey((string)name!)),
        "patternProperties" => ((JObject)argument).Properties().All(pattern =>
            value.Properties().Where(property => Regex.IsMatch(property.Name, pattern.Name)).All(property => IsValid(pattern.Value, property.Value))),
        "additionalProperties" => value.Properties().Where(property =>
            (schema["properties"] as JObject)?.ContainsKey(property.Name) != true
            && (schema["patternProperties"] as JObject)?.Properties().Any(pattern => Regex.IsMatch(property.Name, pattern.Name)) != true)
            .All(property => IsValid(argument, property.Value)),
        "propertyNames" => value.Properties().All(property => IsValid(argument, new JValue(property.Name))),
        "minProperties" => value.Count >= (int)argument,
        "maxProperties" => value.Count <= (int)argument,
        _ => true,
    };

    private bool HoldsForArray(JObject schema, string keyword, JToken argument, JArray value) => keyword switch
    {
        "prefixItems" => argument.Zip(value).All(pair => IsValid(pair.First, pair.Second)),
        "items" => value.Skip(schema["prefixItems"]?.Count() ?? 0).All(item => IsValid(argument, item)),
        "minItems" => value.Count >= (int)argument,
        "maxItems" => value.Count <= (int)argument,
        _ => true,
    };

    private static bool HoldsForString(string keyword, JToken argument, string value) => keyword switch
    {
        "minLength" => value.EnumerateRunes().Count() >= (int)argument,
        "maxLength" => value.EnumerateRunes().Count() <= (int)argument,
        "pattern" => Regex.IsMatch(value, ((string)argument!).TrimEnd('$') + (((string)argument!).EndsWith('$') ? @"\z" : ""), RegexOptions.ECMAScript),
        "format" => (string)argument! switch
        {
            "date" => DateOnly.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
            "date-time" => value.Contains('T') && DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, out _),
            "time" => DateTimeOffset.TryParse("2000-01-02T" + value, CultureInfo.InvariantCulture, out _),
            "uuid" => Guid.TryParseExact(value, "D", out _),
            "email" => System.Net.Mail.MailAddress.TryCreate(value, out var address) && address.Address == value,
            "ipv4" => value.Count(c => c == '.') == 3 && System.Net.IPAddress.TryParse(value, out _),
            "ipv6" => value.Contains(':') && System.Net.IPAddress.TryParse(value, out _),
            "hostname" => Uri.CheckHostName(value) == UriHostNameType.Dns,
            "uri" => Uri.IsWellFormedUriString(value, UriKind.Absolute),
            "duration" => IsDuration(value),
            var unknown => throw new NotSupportedException(unknown),
        },
        _ => true,
    };

    private static bool HoldsForNumber(string keyword, JToken argument, decimal value) => keyword switch
    {
        "minimum" => value >= argument.ToObject<decimal>(),
        "maximum" => value <= argument.ToObject<decimal>(),
        "exclusiveMinimum" => value > argument.ToObject<decimal>(),
        "exclusiveMaximum" => value < argument.ToObject<decimal>(),
        "multipleOf" => value % argument.ToObject<decimal>() == 0,
        _ => true,
    };

    private static bool IsDuration(string value)
    {
        try
        {
            if (!value.EndsWith('W'))
                System.Xml.XmlConvert.ToTimeSpan(value);
            return value.StartsWith('P') && value.Length > 2;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static bool IsType(string type, JToken value) => type switch
    {
        "null" => value.Type == JTokenType.Null,
        "boolean" => value.Type == JTokenType.Boolean,
        "string" => value.Type == JTokenType.String,
        "object" => value is JObject,
        "array" => value is JArray,
        "number" => value.Type is JTokenType.Integer or JTokenType.Float,
        "integer" => value.Type == JTokenType.Integer || (value.Type == JTokenType.Float && (double)value == Math.Floor((double)value)),
        _ => throw new NotSupportedException(type),
    };

    private static bool Same(JToken one, JToken other) =>
        JToken.DeepEquals(one, other) || (IsType("number", one) && IsType("number", other) && (double)one == (double)other);

    private JToken Resolve(string reference) => reference[1..].Split('/').Skip(1).Aggregate(root, (at, name) => at[name]!);
}
