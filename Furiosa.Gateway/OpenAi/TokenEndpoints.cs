using System.Collections.Immutable;
using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Tools.Requests;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi;

/// <summary><c>POST /tokenize</c> (of a prompt or of a chat), <c>POST /detokenize</c> and <c>GET /tokenizer_info</c>.</summary>
internal sealed class TokenEndpoints(ServerState state, RequestBodies bodies)
{
    public async Task TokenizeAsync(HttpContext context)
    {
        var model = state.RequireModel();
        var (ids, withTexts) = await bodies.ReadAsync(context, fields =>
        {
            SettingsReader.CheckModel(fields, model);
            UnsupportedFields.Refuse(fields);
            return (Encode(fields, model), fields.Boolean("return_token_strs") ?? false);
        });
        await JsonResponse.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("count"u8, ids.Length);
            json.WriteNumber("max_model_len"u8, model.MaxModelLen);
            json.WriteStartArray("tokens"u8);
            foreach (var id in ids) json.WriteNumberValue(id);
            json.WriteEndArray();
            if (withTexts)
            {
                json.WriteStartArray("token_strs"u8);
                foreach (var id in ids) json.WriteStringValue(model.Tokenizer.TokenText(id));
                json.WriteEndArray();
            }
            else
            {
                json.WriteNull("token_strs"u8);
            }
            json.WriteEndObject();
        });
    }

    public async Task DetokenizeAsync(HttpContext context)
    {
        var model = state.RequireModel();
        var text = await bodies.ReadAsync(context, fields =>
        {
            SettingsReader.CheckModel(fields, model);
            var list = fields.List("tokens") ?? throw ApiException.Invalid("tokens", "'tokens' must be a list of token ids.");
            var ids = list.Select((value, i) => (int)BodyFields.ReadInteger($"tokens[{i}]", value, 0, model.VocabularySize - 1)).ToArray();
            return model.Tokenizer.Decode(ids, fields.Boolean("skip_special_tokens") ?? false);
        });
        await JsonResponse.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("prompt"u8, text);
            json.WriteEndObject();
        });
    }

    /// <summary>What the model's <c>tokenizer_config.json</c> says, with the chat template in use.</summary>
    public Task InfoAsync(HttpContext context)
    {
        var model = state.RequireModel();
        return JsonResponse.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("tokenizer_class"u8, model.TokenizerConfig?["tokenizer_class"] is { Type: JTokenType.String } name ? (string?)name : "PreTrainedTokenizerFast");
            foreach (var property in model.TokenizerConfig?.Properties() ?? [])
            {
                if (property.Name is "tokenizer_class" or "chat_template") continue;
                json.WritePropertyName(property.Name);
                json.WriteRawValue(property.Value.ToString(Formatting.None), skipInputValidation: true);
            }
            json.WriteString("chat_template"u8, model.TemplateSource);
            json.WriteEndObject();
        });
    }

    // A text that is too long for the model is counted all the same: that is what many callers want to know.
    private static ImmutableArray<int> Encode(BodyFields fields, ServingModel model)
    {
        if (fields.Has("messages"))
        {
            if (fields.Has("prompt")) throw ApiException.Invalid("prompt", "'prompt' and 'messages' cannot be combined: send one of them.");
            var prompt = ChatPrompt.Render(fields, MessagesReader.Read(fields, model.ContentFormat), ToolsRequestReader.Read(fields.Values).ForTemplate, model);
            return [.. model.Tokenizer.Encode(prompt, fields.Boolean("add_special_tokens") ?? false)];
        }
        var text = fields.Text("prompt") ?? throw ApiException.Invalid("prompt", "'prompt' must be a string, unless 'messages' is given.");
        return [.. model.Tokenizer.Encode(text, fields.Boolean("add_special_tokens") ?? true)];
    }
}
