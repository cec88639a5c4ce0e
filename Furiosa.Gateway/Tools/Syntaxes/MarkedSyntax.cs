namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary>Reads <see cref="MarkedCalls"/>. Values are plain text; the tool's schema says what they become in JSON.</summary>
internal sealed class MarkedSyntax(MarkedCalls marks, ToolSchemas tools) : ToolCallSyntax
{
    private readonly string[] _markers = marks.Section.Length == 0 ? [marks.Call] : marks.MayLackSection ? [marks.Section, marks.Call] : [marks.Section];

    public override IReadOnlyList<string> SpecialMarks => marks.SpecialMarks;

    public override IReadOnlyList<string> Closings { get; } = marks.Section.Length == 0 ? [marks.CallEnd] : [marks.SectionEnd, marks.CallEnd];

    public override IReadOnlyList<string> Markers(bool atStart, int callCount) => _markers;

    public override CallMachine Begin(string marker, ICallSink calls) => new MarkedMachine(marks, tools, calls, inSection: marker == marks.Section);
}
