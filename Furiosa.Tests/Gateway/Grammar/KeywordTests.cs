using Furiosa.Gateway.Grammar;

namespace Furiosa.Tests.Gateway.Grammar;

/// <summary>Each keyword by examples: what is made and what is not.</summary>
[TestFixture]
public sealed class KeywordTests
{
    private readonly GrammarCompiler _compiler = new();

    [TestCase("""{"type":"integer"}""", "7|-12|0", "1.5|01|-0|x|\"7\"")]
    [TestCase("""{"type":"number"}""", "7|-1.25|0.5|1e9|2E-3", "01|.5|1.|--1|1e")]
    [TestCase("""{"type":["integer","null"]}""", "7|null", "true|1.5")]
    [TestCase("""{"type":"integer","nullable":true}""", "7|null", "true")]
    [TestCase("""{"type":"boolean"}""", "true|false", "True|0")]
    [TestCase("""{"type":"string"}""", "\"a\\\"b\"|\"\"|\"é\\u00e9\"|\"\\ud83d\\ude00\"", "a|\"a|\"\n\"|\"\\ud83d\"")]
    [TestCase("""{"type":"string","minLength":2,"maxLength":3}""", "\"ab\"|\"äöü\"|\"a\\n\\u0041\"", "\"a\"|\"abcd\"")]
    [TestCase("""{"type":"string","pattern":"^[a-c]+$"}""", "\"abc\"", "\"abd\"|\"\"")]
    [TestCase("""{"type":"string","pattern":"b"}""", "\"abc\"|\"b\"", "\"ac\"")]
    [TestCase("""{"type":"string","pattern":"^a|b$"}""", "\"ax\"|\"xb\"", "\"xa\"|\"bx\"")]
    [TestCase("""{"type":"string","pattern":"^\\S+$","maxLength":3}""", "\"a\\\"b\"|\"\\\\\"", "\"abcd\"|\"a b\"")]
    [TestCase("""{"type":"string","pattern":"^(?!\\.)(?!.*\\.\\.)(?=.{3})(?!.*z$)[a-z.]+$"}""", "\"a.b\"|\"abc\"", "\".ab\"|\"a..b\"|\"ab\"|\"a1b\"|\"abz\"")]
    [TestCase("""{"type":"string","format":"email","pattern":"^(?!\\.)(?!.*\\.\\.)([A-Za-z0-9_'+\\-\\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$"}""", "\"jane.doe@example.com\"", "\".j@example.com\"|\"j..d@example.com\"")]
    [TestCase("""{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"n":{"type":"integer","exclusiveMinimum":0,"maximum":9007199254740991},"t":{"default":null,"title":"T","anyOf":[{"type":"string","maxLength":2},{"type":"null"}]}},"required":["n","t"],"additionalProperties":false}""", "{\"n\":9007199254740991,\"t\":null}|{\"n\": 1, \"t\": \"ab\"}", "{\"n\":0,\"t\":null}|{\"n\":9007199254740992,\"t\":null}|{\"n\":1}")]
    [TestCase("""{"type":"string","format":"date"}""", "\"2024-02-28\"", "\"2024-13-01\"|\"2024-02-30\"")]
    [TestCase("""{"type":"string","format":"date-time"}""", "\"2024-02-28T23:59:59Z\"|\"2024-02-28T23:59:59.123+02:00\"", "\"2024-02-28\"")]
    [TestCase("""{"type":"string","format":"uuid"}""", "\"123e4567-e89b-12d3-a456-426614174000\"", "\"123\"")]
    [TestCase("""{"type":"string","format":"ipv4"}""", "\"127.0.0.1\"|\"255.255.255.255\"", "\"256.0.0.1\"|\"1.2.3\"")]
    [TestCase("""{"type":"string","format":"email"}""", "\"jane.doe@example.com\"", "\"jane\"|\"@x.de\"")]
    [TestCase("""{"enum":["a",1,null,{"b":[true]}]}""", "\"a\"|1|null|{\"b\":[true]}", "\"b\"|2|{}")]
    [TestCase("""{"type":"string","enum":["a",1,null]}""", "\"a\"", "1|null")]
    [TestCase("""{"const":"x y"}""", "\"x y\"", "\"x\"")]
    [TestCase("""{"type":"integer","minimum":-5,"maximum":12}""", "-5|0|12|9", "-6|13|100")]
    [TestCase("""{"type":"integer","exclusiveMinimum":99,"exclusiveMaximum":1001}""", "100|1000|999", "99|1001")]
    [TestCase("""{"type":"number","minimum":0.5,"maximum":1}""", "0.5|0.75|1|1.0|0.50", "0.49|1.01|0|-0.5|2")]
    [TestCase("""{"type":"number","exclusiveMinimum":-1.5,"maximum":0}""", "-1.49|-1|0|-0.001", "-1.5|0.1|-2|-0")]
    [TestCase("""{"type":"integer","multipleOf":7}""", "0|7|-14|700", "8|1")]
    [TestCase("""{"type":"number","multipleOf":0.25}""", "0.25|1.5|2|-0.75", "0.3|0.1")]
    [TestCase("""{"type":"array","items":{"type":"integer"}}""", "[]|[1]|[1, 2]|[\n  1,\n  2\n]", "[1 ,2]|[\"a\"]|[1,]")]
    [TestCase("""{"type":"array","items":{"type":"integer"},"minItems":2,"maxItems":3}""", "[1,2]|[1,2,3]", "[]|[1]|[1,2,3,4]")]
    [TestCase("""{"type":"array","prefixItems":[{"type":"integer"},{"type":"string"}],"items":false}""", "[]|[1]|[1,\"a\"]", "[\"a\"]|[1,\"a\",2]")]
    [TestCase("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"}},"required":["b"]}""", "{\"b\":1}|{\"a\":1,\"b\":2}|{\"a\": 1, \"b\": 2}", "{}|{\"a\":1}|{\"b\":1,\"a\":2}|{\"b\":1,\"c\":2}")]
    [TestCase("""{"properties":{"a":{"type":"integer"}},"additionalProperties":{"type":"string"}}""", "{}|{\"a\":1,\"b\":\"x\"}|{\"b\":\"x\"}", "{\"a\":\"x\"}|{\"b\":1}|{\"\\u0061\":\"x\"}")]
    [TestCase("""{"type":"object","patternProperties":{"^n_":{"type":"integer"},"^s_":{"type":"string"}},"additionalProperties":false}""", "{\"n_a\":1,\"s_b\":\"x\"}", "{\"n_a\":\"x\"}|{\"q\":1}")]
    [TestCase("""{"type":"object","additionalProperties":{"type":"integer"},"minProperties":1,"maxProperties":2}""", "{\"a\":1}|{\"a\":1,\"b\":2}", "{}|{\"a\":1,\"b\":2,\"c\":3}")]
    [TestCase("""{"type":"object","propertyNames":{"pattern":"^[a-z]$"},"additionalProperties":{"type":"integer"}}""", "{\"a\":1}", "{\"aa\":1}|{\"A\":1}")]
    [TestCase("""{"anyOf":[{"type":"integer"},{"type":"string","maxLength":1}]}""", "1|\"a\"", "\"ab\"|null")]
    [TestCase("""{"oneOf":[{"type":"integer"},{"type":"null"}]}""", "1|null", "\"a\"")]
    [TestCase("""{"oneOf":[{"properties":{"k":{"const":"a"},"x":{"type":"integer"}},"required":["k","x"]},{"properties":{"k":{"const":"b"}},"required":["k"]}]}""", "{\"k\":\"a\",\"x\":1}|{\"k\":\"b\"}", "{\"k\":\"a\"}|{\"k\":\"c\"}")]
    [TestCase("""{"properties":{"a":{"type":"integer"},"b":{"type":"integer"}},"oneOf":[{"required":["a"]},{"required":["b"]}]}""", "{\"a\":1}|{\"b\":1}", "{}|{\"a\":1,\"b\":1}")]
    [TestCase("""{"allOf":[{"properties":{"a":{"type":"integer"}},"required":["a"]},{"properties":{"a":{"minimum":5},"b":{"type":"null"}}}]}""", "{\"a\":5}|{\"a\":5,\"b\":null}", "{\"a\":4}|{}")]
    [TestCase("""{"$defs":{"t":{"type":"object","properties":{"v":{"type":"integer"},"c":{"type":"array","items":{"$ref":"#/$defs/t"}}},"required":["v"],"additionalProperties":false}},"$ref":"#/$defs/t"}""", "{\"v\":1}|{\"v\":1,\"c\":[{\"v\":2,\"c\":[]}]}", "{}|{\"v\":1,\"c\":[{}]}")]
    [TestCase("""{"type":["object","array"],"items":{"type":"integer"},"properties":{"a":{"type":"null"}}}""", "[1]|{\"a\":null}", "1|[null]")]
    [TestCase("""{"definitions":{"a/b":{"type":"null"}},"properties":{"x":{"$ref":"#/definitions/a~1b"}},"required":["x"]}""", "{\"x\":null}", "{}")]
    [TestCase("""{"type":"array","items":{"enum":["a","b","c"]},"uniqueItems":true,"minItems":1}""", "[\"b\",\"a\"]|[\"c\"]|[\"c\",\"b\",\"a\"]", "[]|[\"a\",\"a\"]|[\"a\",\"b\",\"a\"]")]
    [TestCase("""{"type":"array","items":{"type":"integer","minimum":1,"maximum":20},"uniqueItems":true,"maxItems":30}""", "[1,5,20]|[]", "[1,1]|[0]|[1,2,3,2]")]
    [TestCase("""{"type":"array","items":{"type":"string"},"uniqueItems":true,"maxItems":1}""", "[\"q\"]|[]", "[\"q\",\"q\"]")]
    [TestCase("""{"type":"array","contains":{"const":7},"items":{"type":"integer"},"maxItems":3}""", "[7]|[1,7]|[1,2,7]|[7,7,7]", "[]|[1]|[1,2,3]|[1,2,3,7]")]
    [TestCase("""{"type":"array","contains":{"type":"string"},"items":{"type":["string","integer"]},"minContains":2,"maxContains":2}""", "[\"a\",\"b\"]|[1,\"a\",2,\"b\",3]", "[\"a\"]|[\"a\",\"b\",\"c\"]|[1]")]
    [TestCase("""{"type":"array","contains":{"minimum":5},"minContains":0,"maxContains":1,"items":{"type":"integer"}}""", "[]|[1,5]|[9]", "[5,6]")]
    [TestCase("""{"enum":[[1,2],[1],["a",1],{"a":1},{"a":"x"},{}],"type":["array","object"],"items":{"type":"integer"},"minItems":2,"properties":{"a":{"type":"integer"}},"required":["a"]}""", "[1,2]|{\"a\":1}", "[1]|[\"a\",1]|{\"a\":\"x\"}|{}")]
    [TestCase("""{"not":{"type":"string"}}""", "1|null|[]|{}|1.5", "\"a\"")]
    [TestCase("""{"type":"string","not":{"enum":["a","b"]},"maxLength":2}""", "\"c\"|\"aa\"|\"\"", "\"a\"|\"b\"")]
    [TestCase("""{"type":"integer","not":{"const":0},"minimum":-1,"maximum":2}""", "-1|1|2", "0|3")]
    [TestCase("""{"type":"number","not":{"type":"integer"},"minimum":0,"maximum":2}""", "0.5|1.25", "1|1.0|2|0")]
    [TestCase("""{"type":"integer","not":{"multipleOf":3},"minimum":0,"maximum":9}""", "1|2|4|8", "0|3|9")]
    [TestCase("""{"type":"string","not":{"pattern":"^x"},"pattern":"^[a-z]+$"}""", "\"ab\"|\"ax\"", "\"xa\"|\"A\"")]
    [TestCase("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"}},"not":{"required":["a","b"]}}""", "{}|{\"a\":1}|{\"b\":1}", "{\"a\":1,\"b\":2}")]
    [TestCase("""{"type":"object","properties":{"c":{"enum":["US","NL"]},"z":{"type":"string"}},"required":["c","z"],"if":{"properties":{"c":{"const":"US"}}},"then":{"properties":{"z":{"pattern":"^[0-9]{5}$"}}},"else":{"properties":{"z":{"pattern":"^[0-9]{4}$"}}}}""",
        "{\"c\":\"US\",\"z\":\"12345\"}|{\"c\":\"NL\",\"z\":\"1234\"}", "{\"c\":\"US\",\"z\":\"1234\"}|{\"c\":\"NL\",\"z\":\"12345\"}|{\"c\":\"NL\"}")]
    [TestCase("""{"type":"object","properties":{"k":{"type":"boolean"},"v":{"type":"integer"}},"if":{"properties":{"k":{"const":true}},"required":["k"]},"then":{"required":["v"]}}""", "{}|{\"k\":false}|{\"k\":true,\"v\":1}|{\"v\":1}", "{\"k\":true}")]
    [TestCase("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"}},"dependentRequired":{"a":["b"]}}""", "{}|{\"b\":1}|{\"a\":1,\"b\":2}", "{\"a\":1}")]
    [TestCase("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"}},"dependentSchemas":{"a":{"properties":{"b":{"minimum":5}},"required":["b"]}}}""", "{}|{\"b\":1}|{\"a\":1,\"b\":6}", "{\"a\":1}|{\"a\":1,\"b\":2}")]
    [TestCase("""{"type":"object","propertyNames":{"enum":["x","y"]},"additionalProperties":{"type":"integer"},"minProperties":1}""", "{\"x\":1}|{\"x\":1,\"y\":2}|{\"y\":2}", "{}|{\"z\":1}|{\"x\":1,\"x\":2}")]
    [TestCase("""{"type":"object","additionalProperties":{"type":"integer"},"minProperties":2,"maxProperties":2}""", "{\"a\":1,\"bc\":2}", "{}|{\"a\":1}|{\"a\":1,\"a\":2}")]
    [TestCase("""{"oneOf":[{"type":"integer"},{"type":"number"}]}""", "1.5|-0.25", "1|2.0|\"a\"")]
    [TestCase("""{"oneOf":[{"type":"integer","multipleOf":3},{"type":"integer","multipleOf":5}]}""", "3|5|9|10", "15|0|1")]
    [TestCase("""{"oneOf":[{"type":"string","maxLength":3},{"enum":["ab","long text"]}]}""", "\"a\"|\"long text\"", "\"ab\"|\"abcd\"")]
    [TestCase("""{"$id":"https://example.com/s","$defs":{"n":{"$id":"n","type":"integer","$defs":{"m":{"type":"null"}}}},"properties":{"a":{"$ref":"n"},"b":{"$ref":"https://example.com/n#/$defs/m"}},"required":["a","b"]}""", "{\"a\":1,\"b\":null}", "{\"a\":null,\"b\":null}")]
    [TestCase("""{"$defs":{"n":{"$anchor":"num","type":"integer"}},"type":"array","items":{"$ref":"#num"}}""", "[1]", "[\"a\"]")]
    [TestCase("""{"type":"string","format":"iri"}""", "\"https://a.bc/c\"", "\"a b\"")]
    [TestCase("""{"type":"object","properties":{"a":{"type":"integer"}},"unevaluatedProperties":false}""", "{}|{\"a\":1}", "{\"b\":1}")]
    [TestCase("""{"type":"object","unevaluatedProperties":false}""", "{}", "{\"b\":1}")]
    [TestCase("""{"$defs":{"b":{"properties":{"a":{"type":"integer"}},"required":["a"]}},"allOf":[{"$ref":"#/$defs/b"}],"properties":{"c":{"type":"null"}},"unevaluatedProperties":false}""", "{\"c\":null,\"a\":1}", "{\"c\":null}|{\"c\":null,\"a\":1,\"d\":1}")]
    [TestCase("""{"anyOf":[{"properties":{"a":{"type":"integer"}},"required":["a"]},{"properties":{"b":{"type":"integer"}},"required":["b"]}],"unevaluatedProperties":false}""", "{\"a\":1}|{\"b\":1}", "{}|{\"c\":1}|{\"a\":1,\"c\":2}")]
    [TestCase("""{"type":"object","properties":{"p":{"type":"integer"}},"allOf":[{"properties":{"q":{"type":"integer"}},"unevaluatedProperties":false}]}""", "{}|{\"q\":1}", "{\"p\":1}|{\"p\":1,\"q\":1}")]
    [TestCase("""{"properties":{"k":{"enum":["x","y"]}},"required":["k"],"if":{"properties":{"k":{"const":"x"}}},"then":{"properties":{"v":{"type":"integer"}},"required":["v"]},"unevaluatedProperties":false}""", "{\"k\":\"x\",\"v\":1}|{\"k\":\"y\"}", "{\"k\":\"x\"}|{\"k\":\"y\",\"v\":1}|{\"k\":\"y\",\"z\":1}")]
    [TestCase("""{"properties":{"a":{"type":"integer"}},"unevaluatedProperties":{"type":"string"}}""", "{\"a\":1,\"b\":\"x\"}", "{\"a\":\"x\"}|{\"b\":1}")]
    [TestCase("""{"type":"object","patternProperties":{"^n_":{"type":"integer"}},"unevaluatedProperties":false}""", "{\"n_a\":1}", "{\"b\":1}")]
    [TestCase("""{"type":"object","not":{"properties":{"a":{"const":1}},"required":["a"]},"properties":{"b":{"type":"null"}},"unevaluatedProperties":false}""", "{}|{\"b\":null}", "{\"a\":1}|{\"a\":2}|{\"a\":2,\"b\":null}")]
    [TestCase("""{"type":"array","prefixItems":[{"type":"integer"}],"unevaluatedItems":false}""", "[]|[1]", "[1,2]|[\"a\"]")]
    [TestCase("""{"type":"array","allOf":[{"prefixItems":[{"type":"integer"},{"type":"null"}]}],"unevaluatedItems":{"type":"boolean"},"minItems":2}""", "[1,null]|[1,null,true]", "[1]|[1,null,1]")]
    [TestCase("""{"enum":[{"a":1},{"b":1}],"properties":{"a":true},"unevaluatedProperties":false}""", "{\"a\":1}", "{\"b\":1}")]
    public void FromJsonSchema_Keyword_TakesWhatIsValidOnly(string schema, string valid, string invalid)
    {
        var grammar = _compiler.FromJsonSchema(schema);

        Assert.Multiple(() =>
        {
            foreach (var text in valid.Split('|'))
                Assert.That(GrammarProbe.Accepts(grammar, text), Is.True, text);
            foreach (var text in invalid.Split('|'))
                Assert.That(GrammarProbe.Accepts(grammar, text), Is.False, text);
        });
    }

    [TestCase("""{"type":"array","uniqueItems":true}""", "uniqueItems")]
    [TestCase("""{"type":"array","items":{"type":"string"},"uniqueItems":true}""", "uniqueItems")]
    [TestCase("""{"not":{"type":"string","format":"date"}}""", "format")]
    [TestCase("""{"type":"object","not":{"additionalProperties":false}}""", "additionalProperties")]
    [TestCase("""{"not":{"properties":{"a":true},"unevaluatedProperties":false}}""", "unevaluatedProperties")]
    [TestCase("""{"type":"array","contains":{"const":1},"unevaluatedItems":false}""", "unevaluatedItems")]
    [TestCase("""{"type":"object","unevaluatedProperty":false}""", "unevaluatedProperty")]
    [TestCase("""{"if":{"patternProperties":{"a":{"type":"null"}}},"then":false}""", "patternProperties")]
    [TestCase("""{"dependentRequired":{"a":"b"}}""", "dependentRequired")]
    [TestCase("""{"type":"string","format":"isbn"}""", "isbn")]
    [TestCase("""{"oneOf":[{"format":"date"},{"format":"time"},{"pattern":"1"}]}""", "oneOf")]
    [TestCase("""{"minLenght":3}""", "minLenght")]
    [TestCase("""{"$ref":"https://example.com/x"}""", "https://example.com/x")]
    [TestCase("""{"$ref":"#/$defs/none"}""", "#/$defs/none")]
    [TestCase("""{"type":"text"}""", "type")]
    [TestCase("""{"type":"array","minItems":-1}""", "minItems")]
    [TestCase("""{"type":"string","pattern":"a(?=b)"}""", "lookahead")]
    [TestCase("""{"type":"string","pattern":"("}""", "(")]
    [TestCase("""{"type":"integer","minimum":3,"maximum":2}""", "contradict")]
    [TestCase("""{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}""", "contradict")]
    [TestCase("""false""", "contradict")]
    [TestCase("""{"properties":[]}""", "properties")]
    [TestCase("""{"allOf":3}""", "allOf")]
    [TestCase("""[]""", "array")]
    [TestCase("""{"type":""", "not JSON")]
    public void FromJsonSchema_WhatCannotBeFollowed_IsRefusedByName(string schema, string named)
    {
        Assert.That(() => _compiler.FromJsonSchema(schema), Throws.TypeOf<GrammarException>().With.Message.Contains(named));
    }

    [TestCase("", """{"a":[1,2]}""", """{"a": [1,2]}""")]
    [TestCase("[ ]?", """{"a": [ 1, 2]}""", """{"a":  [1,2]}""")]
    [TestCase("\\s*", "{\n\t\"a\":  [1,2]}", "{\u000b\"a\":[1]}")]
    public void FromJsonSchema_OwnWhiteSpace_IsKeptTo(string pattern, string valid, string invalid)
    {
        var grammar = _compiler.FromJsonSchema("""{"properties":{"a":{"type":"array","items":{"type":"integer"}}}}""", pattern);

        Assert.That(GrammarProbe.Accepts(grammar, valid));
        Assert.That(GrammarProbe.Accepts(grammar, invalid), Is.False);
        Assert.That(GrammarProbe.Begins(grammar, "{" + new string(' ', 41)), Is.False);
    }

    [TestCase("x")]
    [TestCase("(")]
    public void FromJsonSchema_WhiteSpaceThatIsNone_IsRefused(string pattern)
    {
        Assert.That(() => _compiler.FromJsonSchema("true", pattern), Throws.TypeOf<GrammarException>());
    }

    [Test]
    public void JsonObject_AnyObject_IsTakenAndNothingElse()
    {
        var grammar = _compiler.JsonObject();

        Assert.That(GrammarProbe.Accepts(grammar, """{"a": [1, {"b": null}], "c": "x\u00e9", "d": {}}"""));
        Assert.That(GrammarProbe.Accepts(grammar, "{}"));
        Assert.That(GrammarProbe.Begins(grammar, "[1]"), Is.False);
        Assert.That(GrammarProbe.Begins(grammar, "{" + new string(' ', 3)), Is.False);
    }
}
