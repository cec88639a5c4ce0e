namespace Furiosa.Gateway.Cli;

/// <summary>A row of the terminal that is written over and over: one that did not fit would leave its beginning behind.</summary>
internal static class TerminalRow
{
    /// <summary>What goes before it: back to its beginning, and nothing is left of what stood there.</summary>
    public const string Clear = "\r\u001b[K";

    /// <summary>As much of a text as fits, with room for the cursor.</summary>
    /// <param name="text">Without anything that a terminal would not show.</param>
    /// <param name="columns">Of the terminal; none where they are not known.</param>
    public static string Fit(string text, int columns) => columns < 2 || text.Length < columns ? text : string.Concat(text.AsSpan(0, columns - 2), "…");
}
