using System.Text.Json;
using System.Text.Json.Nodes;

namespace Furiosa.Gateway.Cli;

/// <summary>Reads <c>--extra-body</c>, which adds members to the requests of a command, and other options that are JSON objects.</summary>
internal static class ExtraBody
{
    public const string Option = "--extra-body";

    /// <exception cref="FormatException">It is no JSON object.</exception>
    public static JsonObject Parse(string text, string option = Option)
    {
        try
        {
            if (JsonNode.Parse(text) is JsonObject members) return members;
        }
        catch (JsonException)
        {
            // Said below.
        }
        throw new FormatException($"{option} {text}: write a JSON object, as '{{\"{(option == Option ? "top_k" : "name")}\": 5}}'.");
    }
}
