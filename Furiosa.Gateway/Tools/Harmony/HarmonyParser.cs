using System.Text;

namespace Furiosa.Gateway.Tools.Harmony;

/// <summary>
/// Reads gpt-oss's answers: messages with a header (<c>&lt;|channel|&gt;analysis</c>, <c>commentary to=functions.f</c>, <c>final</c>) before
/// <c>&lt;|message|&gt;</c>. What is analysed is reasoning, what goes to a function is a call, the rest is content.
/// </summary>
internal sealed class HarmonyParser(bool parallel, Func<string> newCallId, bool showReasoning) : IMessageParser
{
    /// <summary>How tool-call parsers of this format are named.</summary>
    public const string Name = "openai";

    private const string Start = "<|start|>";
    private const string Channel = "<|channel|>";
    private const string Message = "<|message|>";
    private const string Functions = "functions.";
    private const int LongestHeader = 512;

    private readonly StringBuilder _held = new();
    private readonly StringBuilder _header = new();
    private readonly StringBuilder _text = new();
    private MessagePart? _part;
    private int _started;
    private bool _anyArguments;
    private bool _isHarmony;

    /// <summary>The special tokens of the format.</summary>
    public static IReadOnlyList<string> Marks { get; } = [Start, Channel, Message, "<|constrain|>", "<|end|>", "<|return|>", "<|call|>"];

    public int CallCount => parallel ? _started : Math.Min(1, _started);

    public bool IsReasoning => _part == MessagePart.Reasoning;

    /// <summary>Whether a chat template writes the format.</summary>
    public static bool Fits(string template) => template.Contains(Channel, StringComparison.Ordinal) && template.Contains(Message, StringComparison.Ordinal);

    public void Feed(string text, ICollection<MessageDelta> output)
    {
        foreach (var character in text)
        {
            _held.Append(character);
            while (_held.Length > 0)
            {
                var held = _held.ToString();
                if (Marks.Contains(held))
                    Take(held, output);
                else if (Marks.Any(mark => mark.StartsWith(held, StringComparison.Ordinal)))
                    break;
                else
                    Take(held[0], output);
                _held.Remove(0, Marks.Contains(held) ? held.Length : 1);
            }
        }

        Flush(output);
    }

    public void Finish(ICollection<MessageDelta> output)
    {
        foreach (var character in _held.ToString())
            Take(character, output);
        _held.Clear();
        // A model that does not keep to the format is believed to have answered.
        if (_part == null && !_isHarmony && _header.Length > 0)
        {
            _part = MessagePart.Content;
            _text.Append(_header);
        }

        EndBody(output);
    }

    private void Take(string mark, ICollection<MessageDelta> output)
    {
        _isHarmony = true;
        if (mark == Message)
        {
            BeginBody(output);
            return;
        }

        if (_part != null || mark == Start)
        {
            EndBody(output);
            _header.Clear();
        }

        _header.Append(mark is Channel ? mark : " ");
    }

    private void Take(char character, ICollection<MessageDelta> output)
    {
        if (_part != null)
        {
            _text.Append(character);
            return;
        }

        _header.Append(character);
        if (_header.Length <= LongestHeader)
            return;
        _part = MessagePart.Content;
        _text.Append(_header);
        _header.Clear();
        Flush(output);
    }

    private void BeginBody(ICollection<MessageDelta> output)
    {
        EndBody(output);
        var header = _header.ToString();
        _header.Clear();
        var channel = After(header, Channel);
        var recipient = After(header, "to=");
        if (recipient.StartsWith(Functions, StringComparison.Ordinal) && recipient.Length > Functions.Length)
        {
            _part = MessagePart.Arguments;
            _anyArguments = false;
            if (++_started == 1 || parallel)
                output.Add(new MessageDelta(MessagePart.CallStart, recipient[Functions.Length..], _started - 1, newCallId()));
            return;
        }

        _part = channel == "analysis" || recipient.Length > 0 ? MessagePart.Reasoning : MessagePart.Content;
    }

    private void EndBody(ICollection<MessageDelta> output)
    {
        Flush(output);
        if (_part == MessagePart.Arguments && !_anyArguments)
        {
            _text.Append("{}");
            Flush(output);
        }

        _part = null;
    }

    private void Flush(ICollection<MessageDelta> output)
    {
        if (_text.Length == 0 || _part is not { } part)
            return;
        var text = _text.ToString();
        _text.Clear();
        _anyArguments |= part == MessagePart.Arguments;
        if (part == MessagePart.Arguments ? parallel || _started == 1 : part != MessagePart.Reasoning || showReasoning)
            output.Add(new MessageDelta(part, text, part == MessagePart.Arguments ? _started - 1 : 0));
    }

    // The word after a mark in a header.
    private static string After(string header, string mark)
    {
        var at = header.LastIndexOf(mark, StringComparison.Ordinal);
        if (at < 0)
            return "";
        var rest = header.AsSpan(at + mark.Length).TrimStart();
        var end = rest.IndexOfAny(' ', '\n', '<');
        return (end < 0 ? rest : rest[..end]).ToString();
    }
}
