using System.Text;

namespace Furiosa.Gateway.Tools.Reasoning;

/// <summary>Parts answers that are made of frames: each mark says whether reasoning or content follows.</summary>
internal sealed class FrameParser : IReasoningParser
{
    private readonly IReadOnlyList<FrameMark> _marks;
    private readonly StringBuilder _held = new();
    private readonly StringBuilder _reasoning = new();
    private readonly StringBuilder _content = new();
    private int _primed;

    /// <param name="marks">The marks, the first that fits counts.</param>
    /// <param name="startsInside">Whether the text begins with reasoning.</param>
    /// <param name="primer">The beginning of a mark that the prompt ends with.</param>
    public FrameParser(IReadOnlyList<FrameMark> marks, bool startsInside, string primer)
    {
        (_marks, IsReasoning, _primed) = (marks, startsInside, primer.Length);
        _held.Append(primer);
    }

    public bool IsReasoning { get; private set; }

    public ReasoningSplit Feed(string text)
    {
        foreach (var character in text)
        {
            _held.Append(character);
            while (_held.Length > 0 && Advance())
            {
            }
        }

        return Take();
    }

    public ReasoningSplit Finish()
    {
        Pass(_held.Length);
        return Take();
    }

    // Decides about the beginning of what is held; false when it must see more.
    private bool Advance()
    {
        var held = _held.ToString();
        foreach (var mark in _marks)
        {
            if (mark.Fits(held) is not true)
                continue;
            IsReasoning = mark.IsReasoning;
            if (mark.IsKept)
                _content.Append(held);
            _held.Clear();
            _primed = 0;
            return false;
        }

        if (_marks.Any(mark => mark.Fits(held) is null))
            return false;
        Pass(1);
        return true;
    }

    // What the prompt said is not the answer's.
    private void Pass(int length)
    {
        for (; length > 0; length--)
        {
            if (_primed > 0)
                _primed--;
            else
                (IsReasoning ? _reasoning : _content).Append(_held[0]);
            _held.Remove(0, 1);
        }
    }

    private ReasoningSplit Take()
    {
        var split = new ReasoningSplit(_reasoning.ToString(), _content.ToString());
        _reasoning.Clear();
        _content.Clear();
        return split;
    }
}
