using System.Numerics;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Text.Templates.Values;

/// <summary>Turns JSON into values, and the errors that several places share.</summary>
internal static class JinjaValues
{
    /// <summary>A JSON value as the value that Python's <c>json.loads</c> would give.</summary>
    public static JinjaValue From(JToken? token)
    {
        JinjaContext.EnsureStack();
        return token switch
        {
            JObject members => new MappingValue(members.Properties().Select(member =>
                KeyValuePair.Create<JinjaValue, JinjaValue>(new TextValue(member.Name), From(member.Value)))),
            JArray elements => new ListValue([.. elements.Select(From)]),
            JValue { Type: JTokenType.Integer } number => new IntegerValue(number.Value is BigInteger big ? big : new BigInteger(number.ToObject<long>())),
            JValue { Type: JTokenType.Float } number => new FloatValue(number.ToObject<double>()),
            JValue { Type: JTokenType.Boolean } boolean => BooleanValue.Of((bool)boolean),
            null or JValue { Type: JTokenType.Null or JTokenType.Undefined } => NoneValue.Instance,
            JValue { Type: JTokenType.String } text => new TextValue((string)text!),
            _ => new TextValue(token.ToString(Newtonsoft.Json.Formatting.None).Trim('"')),
        };
    }

    /// <summary>The elements of a value.</summary>
    /// <exception cref="ChatTemplateException">The value has none.</exception>
    public static IEnumerable<JinjaValue> Iterate(JinjaValue value) =>
        value.Elements() ?? throw new ChatTemplateException($"'{value.TypeName}' object is not iterable");

    /// <summary>An integer that fits an <see cref="int"/>, the nearest one where it does not.</summary>
    public static int ToIndex(JinjaValue value) => value switch
    {
        UndefinedValue undefined => throw undefined.Error(),
        NumericValue { Whole: { } whole } => (int)BigInteger.Min(int.MaxValue, BigInteger.Max(int.MinValue, whole)),
        _ => throw new ChatTemplateException($"'{value.TypeName}' object cannot be interpreted as an integer"),
    };

    /// <summary>How Python's Jinja names a value's type in messages.</summary>
    public static string Describe(JinjaValue value) => value is NoneValue ? "None" : value is NamespaceValue ? "jinja2.utils.Namespace object" : $"{value.TypeName} object";
}
