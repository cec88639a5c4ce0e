namespace Furiosa.Gateway.Tools.Reasoning;

/// <summary>The reasoning parsers by the names that <c>--reasoning-parser</c> takes.</summary>
internal static class ReasoningParsers
{
    /// <summary>The name that leaves the choice to the chat template.</summary>
    public const string Auto = "auto";

    // Those that fit more narrowly first.
    private static readonly (string Name, ReasoningMarks Marks)[] Parsers =
    [
        ("cohere", ReasoningMarks.Cohere),
        ("solar", ReasoningMarks.Solar),
        ("kimi_k3", ReasoningMarks.KimiK3),
        ("muse", ReasoningMarks.Muse),
        ("functionary", ReasoningMarks.Functionary),
        ("seed_oss", ReasoningMarks.Seed),
        ("minimax_m3", ReasoningMarks.MiniMaxM3),
        ("mistral", ReasoningMarks.Mistral),
        ("granite", ReasoningMarks.Granite),
        ("kimi_vl", ReasoningMarks.KimiVl),
        ("apertus", ReasoningMarks.Apertus),
        ("qwen3", ReasoningMarks.Think),
        ("deepseek_r1", ReasoningMarks.Think with { AlwaysReasons = true, Telling = ["never told by a template"] }),
        ("exaone4", ReasoningMarks.Think),
        ("glm45", ReasoningMarks.Think),
        ("kimi_k2", ReasoningMarks.Think),
        ("minimax_m2", ReasoningMarks.Think),
        ("hunyuan_a13b", ReasoningMarks.Think),
    ];

    /// <summary>Every name, <see cref="Auto"/> first.</summary>
    public static IReadOnlyList<string> Names { get; } = [Auto, .. Parsers.Select(parser => parser.Name)];

    /// <summary>The name to use.</summary>
    /// <param name="name">What was asked for, or null for nothing.</param>
    /// <param name="template">The chat template's source.</param>
    /// <returns>
    /// <paramref name="name"/> itself; for <see cref="Auto"/> what the template tells. Where nothing was asked for, still the parser of answers that
    /// are made of frames, since those can be read by nobody.
    /// </returns>
    public static string? Resolve(string? name, string template) => name is not (null or Auto) ? name
        : Parsers.FirstOrDefault(parser => (name == Auto || parser.Marks.Frames != null) && parser.Marks.Telling.All(text => template.Contains(text, StringComparison.Ordinal))).Name;

    /// <summary>A parser for one choice.</summary>
    /// <param name="name">One of <see cref="Names"/> but <see cref="Auto"/>.</param>
    /// <param name="prompt">
    /// The rendered prompt: many templates open the reasoning at its end, or close it there when the request wants none.
    /// </param>
    /// <exception cref="ArgumentException">There is no such parser; the message lists those there are.</exception>
    public static IReasoningParser Create(string name, string prompt)
    {
        var marks = Marks(name);
        var start = StartOf(name, prompt);
        if (marks.Frames is { } frames)
            return new FrameParser(frames, start == ReasoningStart.Inside, IsPrimed(name, prompt) ? marks.Primer : "");
        return start == ReasoningStart.None ? new NoReasoning() : new ThinkTagParser(marks, start == ReasoningStart.Inside);
    }

    /// <summary>The marks of a parser.</summary>
    /// <exception cref="ArgumentException">There is no such parser; the message lists those there are.</exception>
    public static ReasoningMarks Marks(string name) =>
        Parsers.FirstOrDefault(parser => parser.Name == name).Marks ?? throw new ArgumentException(Unknown(name), nameof(name));

    /// <summary>Where an answer to a prompt begins.</summary>
    /// <param name="name">The parser; null where the model does not reason.</param>
    /// <param name="prompt">The rendered prompt.</param>
    public static ReasoningStart StartOf(string? name, string prompt)
    {
        if (name == null)
            return ReasoningStart.None;
        var marks = Marks(name);
        var end = prompt.AsSpan().TrimEnd();
        if (marks.Opening.Length == 0 || end.EndsWith(marks.Closing, StringComparison.Ordinal))
            return ReasoningStart.None;
        return marks.AlwaysReasons || end.EndsWith(marks.Opening, StringComparison.Ordinal) ? ReasoningStart.Inside : ReasoningStart.Before;
    }

    /// <summary>Whether a prompt ends with the beginning of the answer's first frame.</summary>
    /// <param name="name">The parser; null where the model does not reason.</param>
    /// <param name="prompt">The rendered prompt.</param>
    public static bool IsPrimed(string? name, string prompt) => name != null && Marks(name).Primer is { Length: > 0 } primer && prompt.EndsWith(primer, StringComparison.Ordinal);

    /// <summary>What to say of a name that no parser has.</summary>
    public static string Unknown(string name) => $"There is no reasoning parser '{name}'; there are {string.Join(", ", Names)}.";

    private sealed class NoReasoning : IReasoningParser
    {
        public bool IsReasoning => false;

        public ReasoningSplit Feed(string text) => new("", text);

        public ReasoningSplit Finish() => new("", "");
    }
}
