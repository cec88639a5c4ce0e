using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Tools;
using Furiosa.Gateway.Tools.Reasoning;

namespace Furiosa.Gateway.OpenAi;

/// <summary>Decides what is looked for in a chat's answers.</summary>
internal static class MessageParsers
{
    /// <summary>Makes a parser for each choice; null where all text is content.</summary>
    public static Func<MessageParser>? For(ServingModel model, ChatRequest request)
    {
        // What follows a grammar is the answer, from its first character on.
        if (request.Settings.Grammar is not null) return null;
        var tools = request.Tools.MayCall ? model.ToolCallParser : null;
        if (tools is null && model.ReasoningParser is null) return null;
        var schemas = request.Tools.Schemas();
        return () => new MessageParser(
            model.ReasoningParser is { } reasoning ? ReasoningParsers.Create(reasoning, request.Prompt) : null,
            tools is null ? null : ToolCallParsers.Create(tools, schemas),
            request.Tools.Parallel,
            () => ToolCallIds.New(tools!));
    }
}
