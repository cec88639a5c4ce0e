using System.Text.Json;
using Furiosa.Gateway.Hosting;

namespace Furiosa.Gateway.OpenAi;

/// <summary><c>GET /v1/models</c> and <c>GET /v1/models/{id}</c>: the one model that is served.</summary>
internal sealed class ModelEndpoints(ServerState state)
{
    public Task ListAsync(HttpContext context)
    {
        var model = state.RequireModel();
        return JsonResponse.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("object"u8, "list"u8);
            json.WriteStartArray("data"u8);
            Write(json, model);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    public Task ShowAsync(HttpContext context)
    {
        var model = state.RequireModel();
        var id = context.Request.RouteValues["id"] as string ?? "";
        if (id != model.Name && Uri.UnescapeDataString(id) != model.Name) throw new ApiException(ApiError.ModelNotFound(id, model.Name));
        return JsonResponse.WriteAsync(context, json => Write(json, model));
    }

    private static void Write(Utf8JsonWriter json, ServingModel model)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, model.Name);
        json.WriteString("object"u8, "model"u8);
        json.WriteNumber("created"u8, model.Created);
        json.WriteString("owned_by"u8, "furiosa"u8);
        json.WriteString("root"u8, model.Name);
        json.WriteNull("parent"u8);
        json.WriteNumber("max_model_len"u8, model.MaxModelLen);
        json.WriteEndObject();
    }
}
