using Furiosa.Gateway.Streaming;
using Furiosa.Gateway.Tools;

namespace Furiosa.Gateway.OpenAi.Responses;

/// <summary>
/// Makes a response's items of what a choice brings, and tells each step as an event: an item is added, its part begins, grows and
/// is whole, and the item is done, before the next one begins. Not thread-safe.
/// </summary>
internal sealed class ResponseBuilder(ResponseDocument document, ResponseEvents events, ResponseIds ids)
{
    private ResponseItem? _open;

    /// <summary>Tells that it began.</summary>
    public void Begin()
    {
        events.WriteResponse("response.created");
        document.Status = "in_progress";
        events.WriteResponse("response.in_progress");
    }

    /// <summary>Takes what is new of the one choice.</summary>
    /// <param name="news">What is new.</param>
    /// <param name="isParsed">Whether its parts stand in the news; otherwise all text is content.</param>
    public void Take(ChoiceNews news, bool isParsed)
    {
        IReadOnlyList<MessageDelta> deltas = isParsed ? news.Deltas : news.Text.Length > 0 ? [new MessageDelta(MessagePart.Content, news.Text)] : [];
        var tokens = news.Tokens;
        foreach (var delta in deltas)
        {
            var grows = delta.Part != MessagePart.CallStart;
            var item = ItemFor(delta);
            if (!grows || delta.Text.Length == 0) continue;
            item.Append(delta.Text);
            var ownTokens = item.Kind == ResponseItemKind.Message ? tokens : [];
            item.Tokens.AddRange(ownTokens);
            events.WriteDelta(document.Output.Count - 1, item, delta.Text, ownTokens);
            if (item.Kind == ResponseItemKind.Message) tokens = [];
        }
    }

    /// <summary>Ends it as the choice ended.</summary>
    /// <param name="isWhole">Whether the model came to an end by itself.</param>
    /// <param name="usage">The counts.</param>
    /// <param name="now">The time.</param>
    public void Complete(bool isWhole, Usage usage, long now)
    {
        // An answer without a word is still an answer.
        if (document.Output.Count == 0) Open(new ResponseItem(ResponseItemKind.Message, ids.NewItem("msg")));
        Close(isWhole ? "completed" : "incomplete");
        document.Usage = usage;
        document.Status = isWhole ? "completed" : "incomplete";
        if (isWhole) document.CompletedAt = now;
        events.WriteResponse("response." + document.Status);
    }

    /// <summary>Ends it without an answer.</summary>
    public void Fail(ApiError error)
    {
        if (_open is not null) _open.Status = "incomplete";
        document.Error = error;
        document.Status = "failed";
        events.WriteResponse("response.failed");
    }

    /// <summary>Ends it because somebody asked for that.</summary>
    public void Cancel()
    {
        if (_open is not null) _open.Status = "incomplete";
        document.Status = "cancelled";
        events.WriteResponse("response.cancelled");
    }

    private ResponseItem ItemFor(MessageDelta delta)
    {
        var kind = delta.Part switch
        {
            MessagePart.Reasoning => ResponseItemKind.Reasoning,
            MessagePart.Content => ResponseItemKind.Message,
            _ => ResponseItemKind.Call,
        };
        if (delta.Part != MessagePart.CallStart && _open?.Kind == kind) return _open;
        Close("completed");
        return Open(kind switch
        {
            ResponseItemKind.Reasoning => new ResponseItem(kind, ids.NewItem("rs")),
            ResponseItemKind.Message => new ResponseItem(kind, ids.NewItem("msg")),
            _ => new ResponseItem(kind, ids.NewItem("fc"), delta.Text, delta.CallId ?? ids.NewItem("call")),
        });
    }

    private ResponseItem Open(ResponseItem item)
    {
        _open = item;
        document.Output.Add(item);
        events.WriteAdded(document.Output.Count - 1, item);
        events.WritePart(document.Output.Count - 1, item, begun: true);
        return item;
    }

    private void Close(string status)
    {
        if (_open is null) return;
        var index = document.Output.Count - 1;
        _open.Status = status;
        events.WriteText(index, _open);
        events.WritePart(index, _open, begun: false);
        events.WriteDone(index, _open);
        _open = null;
    }
}
