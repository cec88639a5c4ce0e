using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi;

/// <summary>
/// Lets few requests at a time compile what their answers must follow, which takes a core for up to some seconds: the threads that do
/// are those that serve all others. Requests that ask for no such thing do not wait. Thread-safe.
/// </summary>
/// <param name="most">How many may at once.</param>
internal sealed class GrammarTurns(int most)
{
    private static readonly string[] Fields =
    [
        "structured_outputs", "guided_json", "guided_regex", "guided_choice", "guided_grammar", "guided_structural_tag", "guided_json_object", "grammar", "json_schema",
    ];

    private readonly SemaphoreSlim _free = new(most);

    /// <summary>Half of the cores: the others go on with what was admitted.</summary>
    public static int HalfOfTheCores => Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Waits until the request may be made; it may at once where it needs no grammar.</summary>
    /// <param name="fields">The request.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>Gives the turn back when disposed; null where none was needed.</returns>
    public async ValueTask<IDisposable?> TakeAsync(BodyFields fields, CancellationToken cancellation)
    {
        if (!NeedsGrammar(fields.Values)) return null;
        await _free.WaitAsync(cancellation);
        return new Turn(_free);
    }

    // Looks only, and lets pass what is of a wrong type: the readers refuse that.
    private static bool NeedsGrammar(JObject body) =>
        Fields.Any(name => IsGiven(body[name]))
        || IsForm(body["response_format"]) || IsForm((body["text"] as JObject)?["format"])
        || IsForced(body["tool_choice"]) || IsForced(body["function_call"])
        || HasStrict(body["tools"]) || HasStrict(body["functions"]);

    private static bool IsGiven(JToken? value) => value is { Type: not JTokenType.Null };

    private static bool IsForm(JToken? format) => format is JObject form && (form["type"] as JValue)?.Value is not "text";

    private static bool IsForced(JToken? choice) => choice is JObject || (choice as JValue)?.Value is "required";

    private static bool HasStrict(JToken? tools) => (tools as JArray ?? []).OfType<JObject>().Any(tool => IsStrict(tool) || (tool["function"] is JObject function && IsStrict(function)));

    private static bool IsStrict(JObject function) => (function["strict"] as JValue)?.Value is true;

    private sealed class Turn(SemaphoreSlim free) : IDisposable
    {
        public void Dispose() => free.Release();
    }
}
