using System.Text.Json;

namespace Furiosa.Gateway.Text.Tokenizers;

/// <summary>Short ways to read <c>tokenizer.json</c>, where absent and null mean the same.</summary>
internal static class JsonElementExtensions
{
    /// <summary>The member, or null where it is absent or null.</summary>
    public static JsonElement? Optional(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A true or false member; false where it is absent.</summary>
    public static bool Flag(this JsonElement element, string name, bool otherwise = false) => element.Optional(name)?.GetBoolean() ?? otherwise;

    /// <summary>The text of a string value.</summary>
    public static string Text(this JsonElement element) => element.GetString() ?? throw new FormatException("a string is null.");

    /// <summary>The <c>type</c> member that every part of the pipeline has.</summary>
    public static string TypeName(this JsonElement element) => element.GetProperty("type").Text();
}
