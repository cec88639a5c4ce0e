using System.Text;

namespace Furiosa.Gateway.Grammar.Automata;

/// <summary>How characters are written as bytes.</summary>
internal abstract class CharacterEncoding
{
    /// <summary>UTF-8 as it is.</summary>
    public static CharacterEncoding Raw { get; } = new RawEncoding();

    /// <summary>
    /// Inside a JSON string, one way for each character: as it is, or by its short escape, or as \u00XX in small letters. One way only,
    /// so that what differs as text differs as bytes.
    /// </summary>
    public static CharacterEncoding Json { get; } = new JsonEncoding();

    /// <summary>Adds paths that read one character of the set.</summary>
    public abstract void Add(GrammarGraph graph, CodePointSet set, int from, int to);

    /// <summary>Text in this encoding.</summary>
    public abstract byte[] Encode(string text);

    private sealed class RawEncoding : CharacterEncoding
    {
        public override void Add(GrammarGraph graph, CodePointSet set, int from, int to) => Utf8Ranges.Add(graph, set, from, to);

        public override byte[] Encode(string text) => Encoding.UTF8.GetBytes(text);
    }

    private sealed class JsonEncoding : CharacterEncoding
    {
        private static readonly CodePointSet Escaped = CodePointSet.Of((0, 0x1F), ('"', '"'), ('\\', '\\'));

        public override void Add(GrammarGraph graph, CodePointSet set, int from, int to)
        {
            Utf8Ranges.Add(graph, set.Except(Escaped), from, to);
            var escaped = set.Intersect(Escaped).Ranges.SelectMany(range => Enumerable.Range(range.Low, range.High - range.Low + 1));
            graph.AddLiterals(from, escaped.Select(value => Encoding.ASCII.GetBytes(Escape((char)value))), to);
        }

        public override byte[] Encode(string text)
        {
            var written = new StringBuilder();
            foreach (var character in text)
                written.Append(Escaped.Contains(character) ? Escape(character) : character.ToString());
            return Encoding.UTF8.GetBytes(written.ToString());
        }

        private static string Escape(char character) => character switch
        {
            '"' => "\\\"",
            '\\' => @"\\",
            '\b' => @"\b",
            '\f' => @"\f",
            '\n' => @"\n",
            '\r' => @"\r",
            '\t' => @"\t",
            _ => $@"\u{(int)character:x4}",
        };
    }
}
