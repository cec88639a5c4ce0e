using Furiosa.Gateway.Grammar.Expressions;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>Formats of strings as regular expressions. Where a format is wide, a part of it that every reader takes is written.</summary>
internal static class SchemaFormats
{
    private const string Date = "[1-9][0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))";
    private const string Time = @"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9])";
    private const string Label = "[a-z0-9]{1,12}(?:-[a-z0-9]{1,12})?";
    private const string Host = $@"(?:{Label}\.){{1,4}}[a-z]{{2,6}}";
    private const string Octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private const string Hextet = "[0-9a-f]{1,4}";

    private const string Email = $@"[a-zA-Z0-9]{{1,12}}(?:[._+-][a-zA-Z0-9]{{1,12}}){{0,3}}@(?:{Label}\.){{1,3}}[a-z]{{2,12}}";
    private const string Web = $"(?:https?|ftp)://{Host}(?::[1-9][0-9]{{0,3}})?(?:/[a-zA-Z0-9_.~-]{{0,64}}){{0,8}}(?:\\?[a-zA-Z0-9_.~=&-]{{0,128}})?(?:#[a-zA-Z0-9_.~-]{{0,64}})?";
    private const string Base64 = "(?:[a-zA-Z0-9+/]{4}){0,256}(?:[a-zA-Z0-9+/]{2}==|[a-zA-Z0-9+/]{3}=)?";
    private const string Pointer = "(?:/(?:[a-zA-Z0-9_.:-]|~[01]){0,32}){0,8}";

    private static readonly Dictionary<string, string> Patterns = new(StringComparer.Ordinal)
    {
        ["date"] = Date,
        ["time"] = Time,
        ["date-time"] = $"{Date}T{Time}",
        ["duration"] = "P(?:[0-9]{1,4}W|[0-9]{1,4}D(?:T[0-9]{1,4}[HMS])?|[0-9]{1,4}Y(?:[0-9]{1,2}M(?:[0-9]{1,2}D)?)?|T(?:[0-9]{1,4}H(?:[0-9]{1,4}M(?:[0-9]{1,4}S)?)?|[0-9]{1,4}M(?:[0-9]{1,4}S)?|[0-9]{1,4}S))",
        ["uuid"] = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
        ["email"] = Email,
        ["idn-email"] = Email,
        ["hostname"] = Host,
        ["idn-hostname"] = Host,
        ["ipv4"] = $@"{Octet}(?:\.{Octet}){{3}}",
        ["ipv6"] = $"(?:{Hextet}:){{7}}{Hextet}|::(?:{Hextet}(?::{Hextet}){{0,5}})?|{Hextet}(?::{Hextet}){{0,2}}::(?:{Hextet}(?::{Hextet}){{0,2}})?",
        ["uri"] = Web,
        ["iri"] = Web,
        ["uri-reference"] = Web,
        ["iri-reference"] = Web,
        ["json-pointer"] = Pointer,
        ["relative-json-pointer"] = $"(?:0|[1-9][0-9]?){Pointer}",
        ["regex"] = "[a-zA-Z0-9 _-]{0,64}",
        ["byte"] = Base64,
        ["base64"] = Base64,
    };

    private static readonly HashSet<string> Numeric = ["int32", "int64", "float", "double"];
    private static readonly HashSet<string> Annotations = ["password", "binary", "path", "file-path", "directory-path"];

    /// <summary>Whether the format says nothing about validity.</summary>
    public static bool IsAnnotation(string format) => Annotations.Contains(format);

    public static bool IsNumeric(string? format) => format != null && Numeric.Contains(format);

    /// <summary>The format as an expression; null where it says nothing about validity.</summary>
    /// <exception cref="GrammarException">The format is not known.</exception>
    public static GrammarExpression? Find(string format) =>
        Patterns.TryGetValue(format, out var pattern) ? RegexParser.Parse(pattern)
        : Annotations.Contains(format) ? null
        : throw new GrammarException($"The format '{format}' is not supported: leave it out, or write a 'pattern'. Known are {string.Join(", ", Patterns.Keys)}.");
}
