using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Tools;
using Furiosa.Gateway.Tools.Forced;
using Furiosa.Gateway.Tools.Reasoning;

namespace Furiosa.Gateway.OpenAi;

/// <summary>Decides what is looked for in a chat's answers.</summary>
internal static class MessageParsers
{
    /// <summary>Makes a parser for each choice; null where all text is content.</summary>
    public static Func<MessageParser>? For(ServingModel model, ChatRequest request)
    {
        // What follows a grammar is the answer, from its first character on.
        var follows = request.Settings.Grammar is not null;
        var tools = request.Tools.IsForced ? CallForm.For(model.ToolCallParser).Parser : request.Tools.MayCall ? model.ToolCallParser : null;
        var reasons = follows ? null : model.ReasoningParser;
        if (tools is null && reasons is null) return null;
        var schemas = request.Tools.Schemas();
        return () => new MessageParser(
            reasons is null ? null : ReasoningParsers.Create(reasons, request.Prompt),
            tools is null ? null : ToolCallParsers.Create(tools, schemas),
            request.Tools.Parallel,
            () => ToolCallIds.New(model.ToolCallParser ?? tools!));
    }
}
