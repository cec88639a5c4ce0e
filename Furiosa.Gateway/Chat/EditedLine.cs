using System.Globalization;
using System.Text;

namespace Furiosa.Gateway.Chat;

/// <summary>A line that is being typed: its text, where the cursor is, and what keys do to both. It knows nothing of terminals.</summary>
/// <param name="earlier">Lines typed before, the newest last.</param>
internal sealed class EditedLine(IReadOnlyList<string> earlier)
{
    private readonly StringBuilder _text = new();
    private int _shown = earlier.Count; // which line of those before; their number for the new one
    private string _new = "";

    public string Text => _text.ToString();

    /// <summary>Index in <see cref="Text"/> before which the next character is put.</summary>
    public int Cursor { get; private set; }

    /// <summary>Does what a key does in other programs' lines; keys that mean nothing change nothing.</summary>
    public void Press(ConsoleKeyInfo key)
    {
        if (key.Modifiers.HasFlag(ConsoleModifiers.Control))
        {
            PressWithControl(key.Key);
            return;
        }
        switch (key.Key)
        {
            case ConsoleKey.Backspace: Remove(Before(), Cursor); break;
            case ConsoleKey.Delete: Remove(Cursor, After()); break;
            case ConsoleKey.LeftArrow: Cursor = Before(); break;
            case ConsoleKey.RightArrow: Cursor = After(); break;
            case ConsoleKey.Home: Cursor = 0; break;
            case ConsoleKey.End: Cursor = _text.Length; break;
            case ConsoleKey.UpArrow: Show(_shown - 1); break;
            case ConsoleKey.DownArrow: Show(_shown + 1); break;
            case var _ when !char.IsControl(key.KeyChar): _text.Insert(Cursor++, key.KeyChar); break;
        }
    }

    private void PressWithControl(ConsoleKey key)
    {
        switch (key)
        {
            case ConsoleKey.A: Cursor = 0; break;
            case ConsoleKey.E: Cursor = _text.Length; break;
            case ConsoleKey.U: Remove(0, Cursor); break;
            case ConsoleKey.K: Remove(Cursor, _text.Length); break;
            case ConsoleKey.W: Remove(WordBefore(), Cursor); break;
            case ConsoleKey.LeftArrow: Cursor = WordBefore(); break;
            case ConsoleKey.P: Show(_shown - 1); break;
            case ConsoleKey.N: Show(_shown + 1); break;
            case ConsoleKey.D: Remove(Cursor, After()); break;
            case ConsoleKey.H: Remove(Before(), Cursor); break;
        }
    }

    private void Show(int line)
    {
        if (line < 0 || line > earlier.Count) return;
        if (_shown == earlier.Count) _new = Text;
        _shown = line;
        _text.Clear().Append(line == earlier.Count ? _new : earlier[line]);
        Cursor = _text.Length;
    }

    private void Remove(int from, int to)
    {
        _text.Remove(from, to - from);
        Cursor = from;
    }

    // What a person sees as one character may be several: an accent, an emoji with its colour.
    private int Before()
    {
        var (at, before) = (0, 0);
        for (var text = Text; at < Cursor; at += StringInfo.GetNextTextElementLength(text, at)) before = at;
        return before;
    }

    private int After() => Cursor < _text.Length ? Cursor + StringInfo.GetNextTextElementLength(Text, Cursor) : Cursor;

    private int WordBefore()
    {
        var at = Cursor;
        while (at > 0 && char.IsWhiteSpace(_text[at - 1])) at--;
        while (at > 0 && !char.IsWhiteSpace(_text[at - 1])) at--;
        return at;
    }
}
