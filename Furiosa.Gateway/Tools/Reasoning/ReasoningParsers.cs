namespace Furiosa.Gateway.Tools.Reasoning;

/// <summary>The reasoning parsers by the names that <c>--reasoning-parser</c> takes.</summary>
internal static class ReasoningParsers
{
    private const string DeepSeekR1 = "deepseek_r1";

    /// <summary>Every name.</summary>
    public static IReadOnlyList<string> Names { get; } = [DeepSeekR1, "qwen3", "exaone4"];

    /// <summary>A parser for one choice.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="prompt">
    /// The rendered prompt: many templates open the reasoning at its end, or close it there when the request wants none.
    /// </param>
    /// <exception cref="ArgumentException">There is no such parser; the message lists those there are.</exception>
    public static IReasoningParser Create(string name, string prompt)
    {
        if (!Names.Contains(name, StringComparer.Ordinal))
            throw new ArgumentException(Unknown(name), nameof(name));
        var start = StartOf(name, prompt);
        return start == ReasoningStart.None ? new NoReasoning() : new ThinkTagParser(start == ReasoningStart.Inside);
    }

    /// <summary>Where an answer to a prompt begins.</summary>
    /// <param name="name">The parser; null where the model does not reason.</param>
    /// <param name="prompt">The rendered prompt.</param>
    public static ReasoningStart StartOf(string? name, string prompt)
    {
        var end = prompt.AsSpan().TrimEnd();
        if (name == null || end.EndsWith(ThinkTags.Closing, StringComparison.Ordinal))
            return ReasoningStart.None;
        // R1 was trained to reason first whether or not the template says so.
        return name == DeepSeekR1 || end.EndsWith(ThinkTags.Opening, StringComparison.Ordinal) ? ReasoningStart.Inside : ReasoningStart.Before;
    }

    /// <summary>What to say of a name that no parser has.</summary>
    public static string Unknown(string name) => $"There is no reasoning parser '{name}'; there are {string.Join(", ", Names)}.";

    private sealed class NoReasoning : IReasoningParser
    {
        public bool IsReasoning => false;

        public ReasoningSplit Feed(string text) => new("", text);

        public ReasoningSplit Finish() => new("", "");
    }
}
