using System.Text;

namespace Furiosa.Gateway.Tools;

/// <summary>Puts characters of the same kind together, so that one piece of input gives few deltas.</summary>
internal sealed class ToolDeltaMerger
{
    private readonly List<(ToolDeltaKind Kind, int Index, StringBuilder Text)> _parts = [];

    public bool IsEmpty => _parts.Count == 0;

    public void Add(ToolDeltaKind kind, int index, ReadOnlySpan<char> text)
    {
        if (_parts.Count > 0 && kind != ToolDeltaKind.CallStart && _parts[^1].Kind == kind && _parts[^1].Index == index)
            _parts[^1].Text.Append(text);
        else
            _parts.Add((kind, index, new StringBuilder().Append(text)));
    }

    public void MoveTo(ToolDeltaMerger other)
    {
        foreach (var (kind, index, text) in _parts)
            other.Add(kind, index, text.ToString());
        _parts.Clear();
    }

    public void MoveTo(IList<ToolDelta> output)
    {
        foreach (var (kind, index, text) in _parts)
            output.Add(new ToolDelta(kind, index, text.ToString()));
        _parts.Clear();
    }

    public void Clear() => _parts.Clear();
}
