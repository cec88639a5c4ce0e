using Furiosa.Gateway.Tools.Reasoning;

namespace Furiosa.Gateway.Tools;

/// <summary>
/// Parses answers of models that reason first, between tags, and then write calls and content.
/// </summary>
/// <param name="reasoning">Parts reasoning from the rest; null where the model has none.</param>
/// <param name="tools">Finds calls in the rest; null where there can be none.</param>
/// <param name="parallel">Whether calls after the first are kept.</param>
/// <param name="newCallId">Makes a call's id.</param>
/// <param name="showReasoning">Whether reasoning is passed on; it is parted from the rest either way.</param>
internal sealed class MessageParser(IReasoningParser? reasoning, IToolCallParser? tools, bool parallel, Func<string> newCallId, bool showReasoning = true) : IMessageParser
{
    private readonly List<ToolDelta> _deltas = [];

    /// <summary>Calls that the message has so far.</summary>
    public int CallCount => tools == null ? 0 : parallel ? tools.CallCount : Math.Min(1, tools.CallCount);

    /// <summary>Whether the text up to here was all reasoning.</summary>
    public bool IsReasoning => reasoning is { IsReasoning: true };

    public void Feed(string text, ICollection<MessageDelta> output) =>
        Feed(reasoning?.Feed(text) ?? new ReasoningSplit("", text), output);

    public void Finish(ICollection<MessageDelta> output)
    {
        if (reasoning != null)
            Feed(reasoning.Finish(), output);
        tools?.Finish(_deltas);
        Move(output);
    }

    private void Feed(ReasoningSplit split, ICollection<MessageDelta> output)
    {
        if (split.Reasoning.Length > 0 && showReasoning)
            output.Add(new MessageDelta(MessagePart.Reasoning, split.Reasoning));
        if (split.Content.Length == 0)
            return;
        if (tools == null)
        {
            output.Add(new MessageDelta(MessagePart.Content, split.Content));
            return;
        }

        tools.Feed(split.Content, _deltas);
        Move(output);
    }

    private void Move(ICollection<MessageDelta> output)
    {
        foreach (var (kind, index, text) in _deltas)
        {
            if (index > 0 && !parallel)
                continue;
            output.Add(kind switch
            {
                ToolDeltaKind.Content => new MessageDelta(MessagePart.Content, text),
                ToolDeltaKind.CallStart => new MessageDelta(MessagePart.CallStart, text, index, newCallId()),
                _ => new MessageDelta(MessagePart.Arguments, text, index),
            });
        }

        _deltas.Clear();
    }
}
