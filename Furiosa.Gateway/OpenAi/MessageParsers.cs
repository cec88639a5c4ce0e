using System.Collections.Immutable;
using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Tools;
using Furiosa.Gateway.Tools.Forced;
using Furiosa.Gateway.Tools.Harmony;
using Furiosa.Gateway.Tools.Reasoning;
using Furiosa.Gateway.Tools.Requests;

namespace Furiosa.Gateway.OpenAi;

/// <summary>Decides what is looked for in a chat's answers.</summary>
internal static class MessageParsers
{
    /// <summary>Makes a parser for each choice; null where all text is content.</summary>
    public static Func<IMessageParser>? For(ServingModel model, ChatRequest request)
    {
        if (model.WritesHarmony)
            return () => new HarmonyParser(request.Tools.Parallel, () => ToolCallIds.New(HarmonyParser.Name), request.IncludeReasoning);
        var tools = ToolsOf(model, request.Tools);
        var reasons = model.ReasoningParser;
        if (tools is null && reasons is null) return null;
        var schemas = request.Tools.Schemas();
        return () => new MessageParser(
            reasons is null ? null : ReasoningParsers.Create(reasons, request.Prompt),
            tools is null ? null : ToolCallParsers.Create(tools, schemas),
            request.Tools.Parallel,
            () => ToolCallIds.New(model.ToolCallParser ?? tools!),
            request.IncludeReasoning);
    }

    /// <summary>The special tokens that those parsers must see.</summary>
    public static ImmutableHashSet<string> SpecialMarks(ServingModel model, ToolsRequest tools)
    {
        if (model.WritesHarmony)
            return [.. HarmonyParser.Marks];
        var marks = ToolsOf(model, tools) is { } parser ? ToolCallParsers.SpecialMarks(parser) : [];
        return model.ReasoningParser is null ? [.. marks] : [.. marks, .. ReasoningParsers.Marks(model.ReasoningParser).SpecialMarks];
    }

    private static string? ToolsOf(ServingModel model, ToolsRequest tools) =>
        tools.IsForced ? CallForm.For(model.ToolCallParser).Parser : tools.MayCall ? model.ToolCallParser : null;
}
