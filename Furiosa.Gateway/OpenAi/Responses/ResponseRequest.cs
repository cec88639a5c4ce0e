using Furiosa.Gateway.Hosting;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi.Responses;

/// <summary>A checked <c>POST /v1/responses</c>.</summary>
internal sealed record ResponseRequest
{
    private const int MostMetadata = 16;
    private const int LongestMetadata = 512;

    /// <summary>The chat that it comes to.</summary>
    public required ChatRequest Chat { get; init; }

    /// <summary>The whole conversation before the answer, without the instructions.</summary>
    public required JArray Messages { get; init; }

    /// <summary>The items of this request.</summary>
    public required JArray Items { get; init; }

    /// <summary>The fields that the response shows again.</summary>
    public required JObject Echo { get; init; }

    public required bool Store { get; init; }

    public required bool Background { get; init; }

    public bool Stream => Chat.Settings.Stream.Enabled;

    /// <param name="fields">The body, references being resolved.</param>
    /// <param name="model">The model.</param>
    /// <param name="store">Where it will be kept.</param>
    /// <param name="messages">The whole conversation.</param>
    /// <param name="items">This request's part of it.</param>
    /// <param name="start">Where the conversation begins for the model.</param>
    /// <exception cref="ApiException">A field is wrong.</exception>
    public static ResponseRequest Read(BodyFields fields, ServingModel model, ResponseStore store, JArray messages, JArray items, int start)
    {
        IgnoredFields.Check(fields);
        var keep = fields.Boolean("store") ?? true;
        var background = fields.Boolean("background") ?? false;
        if (background && !(keep && store.IsEnabled))
            throw ApiException.Invalid("background", "'background' needs 'store': true, and a server that stores responses: there is no other way to come by the answer.");
        fields.Object("stream_options")?.Boolean("include_obfuscation");
        var body = ResponseFields.ToChat(fields);
        body["messages"] = WithInstructions(ConversationStart.From(messages, start), fields.Text("instructions"));
        try
        {
            var chat = ChatRequest.Read(new BodyFields(body), model);
            return new ResponseRequest
            {
                Chat = chat,
                Messages = messages,
                Items = items,
                Echo = MakeEcho(fields, chat, keep && store.IsEnabled, background),
                Store = keep && store.IsEnabled,
                Background = background,
            };
        }
        catch (ApiException error)
        {
            throw new ApiException(ResponseFields.Rename(error.Error));
        }
    }

    // Many templates know one system message only, and that at the beginning.
    private static JArray WithInstructions(JArray messages, string? instructions)
    {
        if (string.IsNullOrEmpty(instructions)) return messages;
        var (first, rest) = (messages[0], messages.Skip(1));
        var isSystem = (string?)first["role"] is "system" or "developer" && first["content"] is { Type: JTokenType.String };
        var text = isSystem ? $"{instructions}\n\n{first["content"]}" : instructions;
        return [new JObject { ["role"] = "system", ["content"] = text }, .. (isSystem ? rest : messages).Select(message => message.DeepClone())];
    }

    private static JObject MakeEcho(BodyFields fields, ChatRequest chat, bool stored, bool background)
    {
        JToken Shown(string name, JToken? otherwise = null) => fields.Find(name)?.DeepClone() ?? otherwise ?? JValue.CreateNull();
        var sampling = chat.Settings.Sampling;
        var reasoning = fields.Object("reasoning");
        return new JObject
        {
            ["background"] = background,
            ["instructions"] = Shown("instructions"),
            ["max_output_tokens"] = Shown("max_output_tokens"),
            ["max_tool_calls"] = fields.Integer("max_tool_calls", 1, int.MaxValue),
            ["metadata"] = ReadMetadata(fields),
            ["parallel_tool_calls"] = chat.Tools.Parallel,
            ["previous_response_id"] = Shown("previous_response_id"),
            ["prompt_cache_key"] = fields.Text("prompt_cache_key"),
            ["reasoning"] = new JObject { ["effort"] = reasoning?.Text("effort"), ["summary"] = reasoning?.Text("summary") },
            ["safety_identifier"] = fields.Text("safety_identifier"),
            ["service_tier"] = "default",
            ["store"] = stored,
            ["temperature"] = sampling.Temperature,
            ["text"] = MakeText(fields.Object("text")),
            ["tool_choice"] = Shown("tool_choice", "auto"),
            ["tools"] = new JArray((fields.List("tools") ?? []).Cast<JObject>().Select(MakeTool)),
            ["top_logprobs"] = fields.Integer("top_logprobs", 0, 20) ?? 0,
            ["top_p"] = sampling.TopP,
            ["truncation"] = Shown("truncation", "disabled"),
            ["user"] = fields.Text("user"),
        };
    }

    private static JObject MakeText(BodyFields? text)
    {
        var format = text?.Object("format")?.Values;
        var shown = format is null ? new JObject { ["type"] = "text" } : (JObject)format.DeepClone();
        if ((string?)shown["type"] == "json_schema")
        {
            shown["description"] ??= JValue.CreateNull();
            shown["strict"] ??= false;
        }
        return new JObject { ["format"] = shown, ["verbosity"] = text?.Text("verbosity") ?? "medium" };
    }

    private static JObject MakeTool(JObject tool) => new()
    {
        ["type"] = "function",
        ["name"] = tool["name"]?.DeepClone(),
        ["description"] = tool["description"]?.DeepClone() ?? JValue.CreateNull(),
        ["parameters"] = tool["parameters"]?.DeepClone() ?? JValue.CreateNull(),
        ["strict"] = tool["strict"]?.DeepClone() ?? new JValue(false),
    };

    private static JObject ReadMetadata(BodyFields fields)
    {
        if (fields.Object("metadata") is not { } metadata) return [];
        if (metadata.Values.Count > MostMetadata) throw ApiException.Invalid("metadata", $"'metadata' has {metadata.Values.Count} entries, but may have {MostMetadata}.");
        foreach (var property in metadata.Values.Properties())
        {
            if (property.Value.Type != JTokenType.String || ((string)property.Value!).Length > LongestMetadata || property.Name.Length > 64)
                throw ApiException.Invalid("metadata", $"'metadata' must map names of at most 64 characters to strings of at most {LongestMetadata}.");
        }
        return (JObject)metadata.Values.DeepClone();
    }
}
