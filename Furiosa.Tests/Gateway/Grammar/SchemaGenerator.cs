using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Grammar;

/// <summary>Makes schemas as agents write them, at random; strings and arrays are bounded so that walks end.</summary>
internal sealed class SchemaGenerator(Random random)
{
    private static readonly string[] Names = ["id", "name", "größe", "tags", "value", "a b", "quote\"d", "items", "next", "kind"];
    private static readonly string[] Patterns = ["^[a-z]{1,6}$", "^\\d{2,4}-[A-F]+?x{0,3}$", "^(foo|bar|ba+z)$", "^\\w{1,5}$", "^[^a-z\"]{2,4}$", "^(a|b)?c{1,3}$"];
    private static readonly string[] Formats = ["date", "time", "date-time", "uuid", "email", "ipv4", "ipv6", "hostname", "duration"];

    public JObject Next()
    {
        var schema = Object(3);
        if (random.Next(4) != 0)
            return schema;
        var tree = new JObject
        {
            ["type"] = "object",
            ["properties"] = new JObject { ["v"] = Value(0), ["next"] = new JObject { ["anyOf"] = new JArray(new JObject { ["$ref"] = "#/$defs/tree" }, new JObject { ["type"] = "null" }) } },
            ["required"] = new JArray("v"),
            ["additionalProperties"] = false,
        };
        schema["$defs"] = new JObject { ["tree"] = tree };
        ((JObject)(schema["properties"] ??= new JObject()))["tree"] = new JObject { ["$ref"] = "#/$defs/tree" };
        return schema;
    }

    private JObject Object(int depth)
    {
        var names = Names.OrderBy(_ => random.Next()).Take(random.Next(1, 5)).ToList();
        var schema = new JObject
        {
            ["type"] = "object",
            ["properties"] = new JObject(names.Select(name => new JProperty(name, Value(depth - 1)))),
            ["required"] = new JArray(names.Where(_ => random.Next(3) > 0)),
        };
        switch (random.Next(10))
        {
            case 0:
                schema["additionalProperties"] = Value(0);
                schema["propertyNames"] = new JObject { ["maxLength"] = 12 };
                schema["maxProperties"] = names.Count + 1;
                break;
            case 1:
                schema["patternProperties"] = new JObject { ["^x[0-9]$"] = Value(0) };
                schema["additionalProperties"] = false;
                schema["maxProperties"] = names.Count + 1;
                break;
            case 2:
                break;
            case 3:
                schema["dependentRequired"] = new JObject { [names[0]] = new JArray(names[^1], "and more") };
                ((JObject)schema["properties"]!)["and more"] = Value(0);
                break;
            case 4:
                schema["if"] = new JObject { ["properties"] = new JObject { [names[0]] = new JObject { ["const"] = "fixed" } }, ["required"] = new JArray(names[0]) };
                schema["then"] = new JObject { ["properties"] = new JObject { ["then"] = Value(0) }, ["required"] = new JArray("then") };
                schema["else"] = new JObject { ["properties"] = new JObject { ["else"] = Value(0) } };
                break;
            case 5:
                schema["not"] = new JObject { ["required"] = new JArray(names) };
                schema["required"] = new JArray(names.Skip(1));
                schema["additionalProperties"] = false;
                break;
            case 6:
                return new JObject
                {
                    ["type"] = "object", ["propertyNames"] = new JObject { ["enum"] = new JArray("x", "y", "z") }, ["additionalProperties"] = Value(0), ["minProperties"] = 2,
                };
            default:
                schema["additionalProperties"] = false;
                break;
        }

        return schema;
    }

    private JToken Value(int depth)
    {
        switch (random.Next(depth > 0 ? 14 : 7))
        {
            case 0:
                return Text();
            case 1:
                return Number("integer");
            case 2:
                return Number("number");
            case 3:
                return new JObject { ["enum"] = new JArray("red", "grün", 7, 1.5, JValue.CreateNull(), new JArray(1, "x")) };
            case 4:
                return new JObject { ["type"] = new JArray("boolean", "null") };
            case 5:
                return new JObject { ["const"] = random.Next(2) == 0 ? "fixed \"value\"" : new JObject { ["k"] = true } };
            case 6:
                return new JObject { ["type"] = "string", ["format"] = Formats[random.Next(Formats.Length)] };
            case 7:
                return Object(depth);
            case 8:
                return new JObject { ["anyOf"] = new JArray(Value(depth - 1), Value(depth - 1)) };
            case 9:
                return new JObject
                {
                    ["oneOf"] = new JArray(Enumerable.Range(0, 3).Select(i => new JObject
                    {
                        ["type"] = "object",
                        ["properties"] = new JObject { ["kind"] = new JObject { ["const"] = $"k{i}" }, ["p"] = Value(depth - 1) },
                        ["required"] = new JArray("kind"),
                        ["additionalProperties"] = false,
                    })),
                };
            case 10:
                return new JObject { ["allOf"] = new JArray(Number("number"), new JObject { ["type"] = "integer" }) };
            case 11:
                return new JObject { ["oneOf"] = new JArray(Number("integer"), new JObject { ["type"] = "number", ["minimum"] = 0, ["maximum"] = 100 }, new JObject { ["enum"] = new JArray(1, "one") }) };
            case 12:
                return new JObject { ["type"] = new JArray("string", "integer"), ["maxLength"] = 9, ["not"] = new JObject { ["enum"] = new JArray("a", 1, "") } };
            default:
                return List(depth);
        }
    }

    private JObject Text()
    {
        var schema = new JObject { ["type"] = "string" };
        if (random.Next(2) == 0)
        {
            schema["minLength"] = random.Next(3);
            schema["maxLength"] = random.Next(3, 40);
        }
        else
        {
            schema["pattern"] = Patterns[random.Next(Patterns.Length)];
        }

        return schema;
    }

    private JObject Number(string type)
    {
        var schema = new JObject { ["type"] = type };
        var low = random.Next(-2000, 2000) / (type == "integer" ? 1m : 8m);
        if (random.Next(2) == 0)
            schema[random.Next(2) == 0 ? "minimum" : "exclusiveMinimum"] = new JValue((double)low);
        if (random.Next(2) == 0)
            schema[random.Next(2) == 0 ? "maximum" : "exclusiveMaximum"] = new JValue((double)(low + random.Next(10, 3000)));
        if (random.Next(4) == 0)
            schema["multipleOf"] = new JValue(type == "integer" ? random.Next(1, 6) : 0.25);
        return schema;
    }

    private JObject List(int depth)
    {
        var schema = new JObject { ["type"] = "array", ["items"] = Value(depth - 1), ["maxItems"] = random.Next(2, 5) };
        if (random.Next(2) == 0)
            schema["minItems"] = random.Next(3);
        switch (random.Next(5))
        {
            case 0:
                schema["contains"] = Value(0);
                schema["items"] = new JObject { ["anyOf"] = new JArray(schema["items"]!, schema["contains"]!) };
                return schema;
            case 1:
                schema["items"] = new JObject { ["enum"] = new JArray("a", "b", 3, 4.5, JValue.CreateNull()) };
                schema["uniqueItems"] = true;
                return schema;
        }

        if (random.Next(3) == 0)
            schema["prefixItems"] = new JArray(Value(0), Value(0));
        return schema;
    }
}
