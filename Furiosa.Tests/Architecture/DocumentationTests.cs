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
            .Where(target => !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith('#'))
            .Select(target => target.Split('#')[0]);

        var missing = targets.Where(target => !Path.Exists(Path.Combine(folder, target)));

        Assert.That(missing, Is.Empty);
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

    [GeneratedRegex(@"`((?:Furiosa\.\w+|docs|hocon|models|\.ci)/[\w./-]+?\.?\w+/?)`")]
    private static partial Regex FileNames();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Links();
}
