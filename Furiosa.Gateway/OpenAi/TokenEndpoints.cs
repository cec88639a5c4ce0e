using System.Collections.Immutable;
using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Tools.Requests;

namespace Furiosa.Gateway.OpenAi;

/// <summary><c>POST /tokenize</c> (of a prompt or of a chat) and <c>POST /detokenize</c>.</summary>
internal sealed class TokenEndpoints(ServerState state, RequestBodies bodies)
{
    public async Task TokenizeAsync(HttpContext context)
    {
        var model = state.RequireModel();
        var (ids, withTexts) = await bodies.ReadAsync(context, fields =>
        {
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

    // A text that is too long for the model is counted all the same: that is what many callers want to know.
    private static ImmutableArray<int> Encode(BodyFields fields, ServingModel model)
    {
        if (fields.Has("messages"))
        {
            var prompt = ChatPrompt.Render(fields, MessagesReader.Read(fields), ToolsRequestReader.Read(fields.Values).ForTemplate, model);
            return [.. model.Tokenizer.Encode(prompt, fields.Boolean("add_special_tokens") ?? false)];
        }
        var text = fields.Text("prompt") ?? throw ApiException.Invalid("prompt", "'prompt' must be a string, unless 'messages' is given.");
        return [.. model.Tokenizer.Encode(text, fields.Boolean("add_special_tokens") ?? true)];
    }
}
