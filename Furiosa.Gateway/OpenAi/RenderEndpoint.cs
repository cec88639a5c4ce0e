using Furiosa.Gateway.Hosting;

namespace Furiosa.Gateway.OpenAi;

/// <summary><c>POST /v1/chat/completions/render</c>: the prompt that a chat request gives, and its tokens.</summary>
internal sealed class RenderEndpoint(ServerState state, RequestBodies bodies)
{
    public async Task RenderAsync(HttpContext context)
    {
        var model = state.RequireModel();
        var (prompt, ids) = await bodies.ReadAsync(context, fields =>
        {
            UnsupportedFields.Refuse(fields);
            var text = ChatPrompt.RenderAlone(fields, model.Prompts);
            return (text, model.Tokenizer.Encode(text, fields.Boolean("add_special_tokens") ?? false));
        });
        await JsonResponse.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("prompt"u8, prompt);
            json.WriteNumber("count"u8, ids.Count);
            json.WriteStartArray("tokens"u8);
            foreach (var id in ids) json.WriteNumberValue(id);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }
}
