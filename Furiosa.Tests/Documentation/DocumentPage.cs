using System.Text.RegularExpressions;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Documentation;

/// <summary>A page of the documentation with its fenced blocks.</summary>
/// <param name="Name">Its path in the repository.</param>
/// <param name="Lines">Its lines.</param>
/// <param name="Blocks">Its blocks in order.</param>
internal sealed partial record DocumentPage(string Name, string[] Lines, IReadOnlyList<DocumentBlock> Blocks)
{
    /// <summary>Every page.</summary>
    public static IReadOnlyList<DocumentPage> All { get; } =
    [
        .. new[] { "README.md", "CONTRIBUTING.md" }
            .Concat(Directory.EnumerateFiles(Path.Combine(TestPaths.Root, "docs"), "*.md", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(TestPaths.Root, file)).Order(StringComparer.Ordinal))
            .Select(Read),
    ];

    /// <summary>What a block is said to print: the block that follows it with nothing between, when it is no command itself.</summary>
    public DocumentBlock? ShownAfter(DocumentBlock commands)
    {
        var next = Blocks.SkipWhile(block => block.First <= commands.First).FirstOrDefault();
        return next is { IsShell: false } && Lines[(commands.End + 1)..next.First].All(string.IsNullOrWhiteSpace) ? next : null;
    }

    private static DocumentPage Read(string name)
    {
        var lines = File.ReadAllLines(Path.Combine(TestPaths.Root, name));
        List<DocumentBlock> blocks = [];
        for (var i = 0; i < lines.Length; i++)
        {
            if (Fence().Match(lines[i]) is not { Success: true } fence) continue;
            var end = Array.FindIndex(lines, i + 1, line => line.Trim() == "```");
            blocks.Add(new DocumentBlock(fence.Groups[1].Value, i, end, string.Join('\n', lines[(i + 1)..end])));
            i = end;
        }
        return new DocumentPage(name, lines, blocks);
    }

    [GeneratedRegex(@"^\s*```(.*)$")]
    private static partial Regex Fence();
}

/// <summary>A fenced block.</summary>
/// <param name="Language">What stands behind its fence.</param>
/// <param name="First">Index of the line with the opening fence.</param>
/// <param name="End">Index of the line with the closing one.</param>
/// <param name="Text">What stands between.</param>
internal sealed record DocumentBlock(string Language, int First, int End, string Text)
{
    /// <summary>Whether it is commands.</summary>
    public bool IsShell => Language == "sh";
}
