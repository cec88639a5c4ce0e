using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Tools.Requests;

namespace Furiosa.Gateway.OpenAi;

/// <summary>Reads a chat's tool fields and refuses what this server cannot do with them.</summary>
internal static class ToolsReader
{
    public static ToolsRequest Read(BodyFields fields, ServingModel model)
    {
        var tools = ToolsRequestReader.Read(fields.Values);
        var field = tools.Legacy ? "function_call" : "tool_choice";
        return tools.Choice.Kind switch
        {
            ToolChoiceKind.Auto when model is not { AutoToolChoice: true, ToolCallParser: not null } => throw ApiException.Invalid(
                field, $"'{field}' is \"auto\", which this server does not serve: it must be started with --enable-auto-tool-choice and a --tool-call-parser that fits the model."),
            _ => tools,
        };
    }
}
