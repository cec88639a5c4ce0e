using System.Text;

namespace Furiosa.Gateway.Tools.Reasoning;

/// <summary>
/// Reasoning between two tags at the beginning of the text. White space beside the tags belongs to neither side.
/// </summary>
/// <param name="marks">The tags.</param>
/// <param name="startsInside">Whether the text begins inside the reasoning; an opening tag is then left out if the model repeats it.</param>
internal sealed class ThinkTagParser(ReasoningMarks marks, bool startsInside) : IReasoningParser
{
    private const int MostWhiteSpace = 256;

    private readonly StringBuilder _held = new();
    private readonly StringBuilder _reasoning = new();
    private readonly StringBuilder _content = new();
    private Place _place = Place.Start;

    private enum Place { Start, ReasoningStart, Reasoning, ContentStart, Content }

    public bool IsReasoning => _place is Place.ReasoningStart or Place.Reasoning || (_place == Place.Start && startsInside);

    public ReasoningSplit Feed(string text)
    {
        foreach (var character in text)
        {
            if (_place == Place.Content)
            {
                _content.Append(character);
                continue;
            }

            _held.Append(character);
            while (_held.Length > 0 && Advance())
            {
            }
        }

        return Take();
    }

    public ReasoningSplit Finish()
    {
        (IsReasoning ? _reasoning : _content).Append(_held);
        _held.Clear();
        return Take();
    }

    // Decides about the beginning of what is held; false when it must see more.
    private bool Advance()
    {
        var held = _held.ToString();
        var space = held.Length - held.AsSpan().TrimStart().Length;
        if (_place == Place.ContentStart)
        {
            _held.Clear();
            if (space == held.Length)
                return false;
            _content.Append(held.AsSpan(space));
            _place = Place.Content;
            return false;
        }

        if (space == held.Length && space <= MostWhiteSpace)
            return false;
        var tag = _place == Place.Start ? marks.Opening : marks.Closing;
        var rest = held.AsSpan(space);
        if (rest.SequenceEqual(tag))
        {
            _held.Clear();
            _place = _place == Place.Start ? Place.ReasoningStart : Place.ContentStart;
            return false;
        }

        return !tag.AsSpan().StartsWith(rest, StringComparison.Ordinal) && Pass(held, space);
    }

    // What is held begins with no tag: its first character goes where the text is.
    private bool Pass(string held, int space)
    {
        if (_place == Place.Start)
        {
            _place = startsInside ? Place.ReasoningStart : Place.Content;
            if (startsInside)
                return true;
            _content.Append(held);
            _held.Clear();
            return false;
        }

        var plain = Math.Min(space + 1, held.Length);
        var from = _place == Place.ReasoningStart ? Math.Min(space, plain) : 0;
        _reasoning.Append(held.AsSpan(from, plain - from));
        if (plain > space)
            _place = Place.Reasoning;
        _held.Remove(0, plain);
        return true;
    }

    private ReasoningSplit Take()
    {
        var split = new ReasoningSplit(_reasoning.ToString(), _content.ToString());
        _reasoning.Clear();
        _content.Clear();
        return split;
    }
}
