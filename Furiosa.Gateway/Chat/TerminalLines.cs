using System.Globalization;
using System.Text;

namespace Furiosa.Gateway.Chat;

/// <summary>Reads lines from a person at a terminal, who may edit them and bring earlier ones back.</summary>
internal sealed class TerminalLines(TextWriter output)
{
    private const int UsualWidth = 80;
    private const int Most = 500;
    private readonly List<string> _earlier = [];

    /// <summary>Reads lines with a prompt; on a terminal that can only write, as it writes them itself.</summary>
    public static Func<string, string?> Reader(TextReader input, TextWriter output) =>
        Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb") ? new TerminalLines(output).Read : prompt =>
        {
            output.Write(prompt);
            return input.ReadLine();
        };

    /// <summary>The next line; null at the end of the input (Ctrl-D).</summary>
    public string? Read(string prompt)
    {
        var line = new EditedLine(_earlier);
        var row = Draw(prompt, line, row: 0);
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            if (key is { Key: ConsoleKey.D, Modifiers: ConsoleModifiers.Control } && line.Text.Length == 0) return null;
            if (key.Key == ConsoleKey.Enter || key.KeyChar is '\r' or '\n')
            {
                line.Press(new ConsoleKeyInfo('\0', ConsoleKey.End, false, false, false));
                Draw(prompt, line, row);
                output.WriteLine();
                Keep(line.Text);
                return line.Text;
            }
            line.Press(key);
            // A pasted text is drawn once, not for each of its letters.
            if (!Console.KeyAvailable) row = Draw(prompt, line, row);
        }
    }

    private void Keep(string line)
    {
        if (line.Length == 0 || (_earlier.Count > 0 && _earlier[^1] == line)) return;
        if (_earlier.Count == Most) _earlier.RemoveAt(0);
        _earlier.Add(line);
    }

    /// <returns>The row of the cursor below that of the prompt.</returns>
    private int Draw(string prompt, EditedLine line, int row)
    {
        var width = Console.WindowWidth > 0 ? Console.WindowWidth : UsualWidth;
        var text = new StringBuilder(row > 0 ? $"\e[{row}A" : "").Append("\r\e[J").Append(prompt).Append(line.Text);
        var (end, cursor) = (Columns(prompt + line.Text), Columns(prompt + line.Text[..line.Cursor]));
        // Terminals wait at a full row for one more character; this is it.
        if (end > 0 && end % width == 0) text.Append(" \r");
        if (end / width > cursor / width) text.Append($"\e[{(end / width) - (cursor / width)}A");
        text.Append('\r');
        if (cursor % width > 0) text.Append($"\e[{cursor % width}C");
        output.Write(text);
        output.Flush();
        return cursor / width;
    }

    private static int Columns(string text) => text.EnumerateRunes().Sum(Columns);

    // Unicode's East Asian Width, in its large ranges (Standard Annex 11).
    private static int Columns(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.Control => 0,
        _ => rune.Value is (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xA4CF) or (>= 0xAC00 and <= 0xD7A3) or (>= 0xF900 and <= 0xFAFF)
            or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60) or (>= 0xFFE0 and <= 0xFFE6) or (>= 0x1F300 and <= 0x1FAFF) or (>= 0x20000 and <= 0x3FFFD) ? 2 : 1,
    };
}
