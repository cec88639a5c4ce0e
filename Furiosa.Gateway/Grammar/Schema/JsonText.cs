using System.Globalization;
using System.Text;
using Furiosa.Gateway.Grammar.Automata;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>JSON values as the bytes that are written for them.</summary>
internal static class JsonText
{
    private const int MaxDepth = 64;

    public static byte[] Bytes(JToken value)
    {
        var written = new List<byte>();
        Write(value, written, 0);
        return [.. written];
    }

    public static byte[] Quoted(string text) => [(byte)'"', .. CharacterEncoding.Json.Encode(text), (byte)'"'];

    private static void Write(JToken value, List<byte> written, int depth)
    {
        if (depth > MaxDepth)
            throw new GrammarException($"A value of 'enum' or 'const' in the JSON schema nests deeper than {MaxDepth}.");
        switch (value)
        {
            case JObject map:
                WriteAll('{', '}', map.Properties(), property =>
                {
                    written.AddRange(Quoted(property.Name));
                    written.Add((byte)':');
                    Write(property.Value, written, depth + 1);
                });
                break;
            case JArray list:
                WriteAll('[', ']', list, item => Write(item, written, depth + 1));
                break;
            case JValue { Value: string text }:
                written.AddRange(Quoted(text));
                break;
            default:
                written.AddRange(Encoding.UTF8.GetBytes(Scalar((JValue)value)));
                break;
        }

        void WriteAll<T>(char open, char close, IEnumerable<T> items, Action<T> write)
        {
            written.Add((byte)open);
            var first = true;
            foreach (var item in items)
            {
                if (!first)
                    written.Add((byte)',');
                first = false;
                write(item);
            }

            written.Add((byte)close);
        }
    }

    private static string Scalar(JValue value) => value.Value switch
    {
        null => "null",
        bool truth => truth ? "true" : "false",
        double number when double.IsFinite(number) => number.ToString("R", CultureInfo.InvariantCulture),
        double => throw new GrammarException("A value of 'enum' or 'const' in the JSON schema is not a finite number."),
        IFormattable number when value.Type is JTokenType.Integer or JTokenType.Float => number.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new GrammarException($"A value of 'enum' or 'const' in the JSON schema has the unknown type {value.Type}."),
    };
}
