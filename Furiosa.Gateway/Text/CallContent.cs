using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Text;

/// <summary>
/// What a template is given as the content of a message that calls and says nothing: clients send null or an empty text, but some
/// templates write such calls only where it is null, and some fail there.
/// </summary>
internal static class CallContent
{
    private const string Probe = "probe_of_calls";

    /// <summary>Whether a template wants null (true) or an empty text (false); null where it does not matter.</summary>
    public static bool? WantsNull(ChatTemplate template)
    {
        var (empty, none) = (Write(template, ""), Write(template, JValue.CreateNull()));
        // A template that puts null into the text has not reckoned with it.
        if (Count(none, "None") > Count(empty, "None")) none = null;
        var (withEmpty, withNull) = (Count(empty, Probe) > 0, Count(none, Probe) > 0);
        return withEmpty == withNull ? null : withNull;
    }

    /// <summary>Gives a template's messages the content that it wants.</summary>
    public static void Shape(JArray messages, ChatTemplate template)
    {
        foreach (var message in messages.OfType<JObject>().Where(message => message["tool_calls"] is JArray { Count: > 0 } && IsEmpty(message["content"])))
        {
            if (template.WantsNullBesideCalls is { } wantsNull) message["content"] = wantsNull ? JValue.CreateNull() : "";
        }
    }

    private static bool IsEmpty(JToken? content) => content switch
    {
        null or { Type: JTokenType.Null } => true,
        { Type: JTokenType.String } => ((string)content!).Length == 0,
        JArray parts => parts.All(part => IsEmpty(part["text"])),
        _ => false,
    };

    private static int Count(string? text, string part) => text is null ? 0 : text.Split(part).Length - 1;

    private static string? Write(ChatTemplate template, JToken content) =>
        new[] { true, false }.SelectMany(withTools => new[] { false, true }, (withTools, asText) => Render(template, content, withTools, asText)).FirstOrDefault(text => text is not null);

    private static string? Render(ChatTemplate template, JToken content, bool withTools, bool asText)
    {
        var function = new JObject { ["name"] = Probe, ["arguments"] = asText ? "{}" : new JObject() };
        var call = new JObject { ["id"] = "call00000", ["type"] = "function", ["function"] = function };
        var tool = new JObject { ["type"] = "function", ["function"] = new JObject { ["name"] = "other", ["description"] = "", ["parameters"] = new JObject { ["type"] = "object", ["properties"] = new JObject() } } };
        try
        {
            return template.Render(new JObject
            {
                ["messages"] = new JArray(
                    new JObject { ["role"] = "user", ["content"] = "?" },
                    new JObject { ["role"] = "assistant", ["content"] = content.DeepClone(), ["tool_calls"] = new JArray(call) }),
                ["tools"] = withTools ? new JArray(tool) : JValue.CreateNull(),
                ["add_generation_prompt"] = false,
                ["bos_token"] = "",
                ["eos_token"] = "",
            });
        }
        catch (ChatTemplateException)
        {
            return null;
        }
    }
}
