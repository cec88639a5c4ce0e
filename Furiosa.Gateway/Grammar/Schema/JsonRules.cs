using Furiosa.Gateway.Grammar.Automata;
using Furiosa.Gateway.Grammar.Expressions;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>
/// Rules for JSON in general. White space is bounded: nothing, a space, or the end of a line and an indent, and only where a printer
/// puts it. Numbers keep to 15 digits and to what decimal readers of 28 digits hold, which every other does too.
/// </summary>
internal sealed class JsonRules
{
    private const string NumberPattern =
        "-?(?:(?:0|[1-9][0-9]{0,14})(?:\\.[0-9]{1,15})?(?:[eE][+-]?[0-9])?|[1-9](?:\\.[0-9]{1,15})?[eE](?:-[0-9]{2}|\\+?(?:1[0-9]|2[0-7])))";
    private const string IntegerPattern = "0|-?[1-9][0-9]{0,14}";

    // What is between tokens when the request says nothing of it, and what a request's own pattern is narrowed to.
    private const string UsualSpace = "(?: |\\n(?: {0,40}|\\t{1,10}))?";
    private const string AnySpace = "[ \\t\\r\\n]{0,40}";

    private readonly GrammarGraph _graph;

    public JsonRules(GrammarGraph graph, string? whiteSpace = null)
    {
        _graph = graph;
        Space = whiteSpace == null ? Rule("white space", UsualSpace) : OwnSpace(whiteSpace);
        Number = Rule("number", NumberPattern);
        Integer = Rule("integer", IntegerPattern);
        Character = graph.NewRule("character");
        AddCharacter();
        String = graph.NewRule("string");
        AddString(String.Start, 0, null, String.End);
    }

    public GraphRule Space { get; }

    public GraphRule Number { get; }

    public GraphRule Integer { get; }

    public GraphRule String { get; }

    /// <summary>One character of a string however it is written.</summary>
    private GraphRule Character { get; }

    /// <summary>Adds a string with quotation marks and so many characters.</summary>
    public void AddString(int from, int minLength, int? maxLength, int to)
    {
        var inside = _graph.NewState();
        var close = _graph.NewState();
        _graph.AddBytes(from, (byte)'"', (byte)'"', inside);
        _graph.AddBytes(close, (byte)'"', (byte)'"', to);
        AddRepeated(inside, minLength, maxLength, close, (here, next) => _graph.AddCall(here, Character, next));
    }

    /// <summary>Adds something again and again.</summary>
    public void AddRepeated(int from, int min, int? max, int to, Action<int, int> add)
    {
        for (var i = 0; i < min; i++)
        {
            var next = _graph.NewState();
            add(from, next);
            from = next;
        }

        if (max == null)
            add(from, from);
        for (var i = min; i < max; i++)
        {
            _graph.AddEmpty(from, to);
            var next = _graph.NewState();
            add(from, next);
            from = next;
        }

        if (max == null || max >= min)
            _graph.AddEmpty(from, to);
    }

    private GraphRule OwnSpace(string pattern)
    {
        var space = ExpressionLanguage.Of(RegexAnchors.Whole(RegexParser.Parse(pattern, budget: _graph.Budget)), CharacterEncoding.Raw, _graph.Budget).And(ExpressionLanguage.Matching(AnySpace, _graph.Budget));
        if (space.IsEmpty)
            throw new GrammarException($"The white space pattern '{pattern}' allows nothing that may stand between tokens of JSON: at most 40 spaces, tabs and ends of lines.");
        var rule = _graph.NewRule("white space");
        space.AddTo(_graph, rule.Start, rule.End);
        return rule;
    }

    private void AddCharacter()
    {
        CharacterEncoding.Json.Add(_graph, CodePointSet.All.Except(CodePointSet.Of((0, 0x1F), ('"', '"'), ('\\', '\\'))), Character.Start, Character.End);
        var writer = new ExpressionWriter(_graph, CharacterEncoding.Raw);
        const string Hex = "[0-9a-fA-F]";
        writer.Write(
            RegexParser.Parse($@"\\(?:[""\\bfnrt]|u(?:[0-9abcefABCEF]{Hex}{{3}}|[dD](?:[0-7]{Hex}{{2}}|[89abAB]{Hex}{{2}}\\u[dD][c-fC-F]{Hex}{{2}})))"),
            Character.Start,
            Character.End);
    }

    private GraphRule Rule(string name, string pattern)
    {
        var rule = _graph.NewRule(name);
        new ExpressionWriter(_graph, CharacterEncoding.Raw).Write(RegexParser.Parse(pattern), rule.Start, rule.End);
        return rule;
    }
}
