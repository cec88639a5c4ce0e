using System.Text.RegularExpressions;
using Furiosa.Tests.Documentation;

namespace Furiosa.Tests.Architecture;

/// <summary>What the documents claim about files is true.</summary>
[TestFixture]
public sealed partial class DocumentationTests
{
    private static IEnumerable<string> Documents => DocumentPage.All.Select(page => page.Name);

    [TestCaseSource(nameof(Documents))]
    public void Document_NamedFiles_Exist(string document)
    {
        var text = SourceTree.Read(document);
        var named = FileNames().Matches(text).Select(match => match.Groups[1].Value).Distinct().ToList();

        var missing = named.Where(name => !Path.Exists(Path.Combine(SourceTree.Root, name)));

        Assert.That(missing, Is.Empty);
    }

    [TestCaseSource(nameof(Documents))]
    public void Document_Links_LeadSomewhere(string document)
    {
        var folder = Path.GetDirectoryName(Path.Combine(SourceTree.Root, document))!;
        var targets = Links().Matches(SourceTree.Read(document)).Select(match => match.Groups[1].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal));

        var missing = targets.Where(target => !IsThere(target.Split('#')));

        Assert.That(missing, Is.Empty);

        bool IsThere(string[] parts)
        {
            var file = parts[0].Length == 0 ? Path.Combine(SourceTree.Root, document) : Path.Combine(folder, parts[0]);
            return Path.Exists(file) && (parts.Length == 1 || Headings(File.ReadAllText(file)).Any(heading => Anchor(heading.Text) == parts[1]));
        }
    }

    [TestCaseSource(nameof(Documents))]
    public void Document_Headings_AreInOrderUnderOneTitle(string document)
    {
        var levels = Headings(SourceTree.Read(document)).Select(heading => heading.Level).ToList();

        Assert.That(levels.Take(1), Is.EqualTo(new[] { 1 }));
        Assert.That(levels.Count(level => level == 1), Is.EqualTo(1));
        Assert.That(levels.Zip(levels.Skip(1)).Where(pair => pair.Second > pair.First + 1), Is.Empty);
    }

    [Test]
    public void Readme_CountsTheArchitectures() =>
        Assert.That(SourceTree.Read("README.md"), Does.Contain($"[{Furiosa.Device.Models.ModelFamilies.All.Length} architectures](docs/models.md)"));

    [Test]
    public void Decisions_Index_NamesEveryRecord()
    {
        var records = Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "docs", "decisions"), "0*.md").Select(Path.GetFileName);
        var named = Links().Matches(SourceTree.Read("docs/decisions/README.md")).Select(match => match.Groups[1].Value);

        Assert.That(named, Is.EquivalentTo(records));
    }

    [Test]
    public void Architecture_RequestPath_NamesUnderTenFilesInOrder()
    {
        var text = SourceTree.Read("docs/architecture.md");
        var section = text[text.IndexOf("## The path of one request", StringComparison.Ordinal)..];
        section = section[..section.IndexOf("\n## ", 5, StringComparison.Ordinal)];

        var files = FileNames().Matches(section).Select(match => match.Groups[1].Value).Distinct().ToList();

        Assert.That(files, Has.Count.InRange(5, 9));
    }

    private static IEnumerable<(int Level, string Text)> Headings(string text) =>
        Fenced().Replace(text, "").Split('\n').Select(line => Heading().Match(line)).Where(match => match.Success).Select(match => (match.Groups[1].Length, match.Groups[2].Value.Trim()));

    // As GitHub makes them: letters, digits, dashes and underscores stay, blanks become dashes.
    private static string Anchor(string heading) => NoAnchor().Replace(heading.ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"^(#+) (.*)$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fenced();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NoAnchor();

    [GeneratedRegex(@"`((?:Furiosa\.\w+|docs|hocon|models|\.ci)/[\w./-]+?\.?\w+/?)`")]
    private static partial Regex FileNames();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Links();
}
