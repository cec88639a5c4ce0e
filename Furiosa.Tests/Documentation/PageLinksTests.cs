using System.Text.RegularExpressions;

namespace Furiosa.Tests.Documentation;

/// <summary>A link to a part of a page leads to a heading that the page has.</summary>
internal sealed partial class PageLinksTests
{
    [Test]
    public void LinksToHeadings_OfAnyPage_LeadToOne()
    {
        var headings = DocumentPage.All.ToDictionary(page => page.Name, page => page.Lines.Where(line => line.StartsWith('#')).Select(Anchor).ToHashSet());

        var broken =
            from page in DocumentPage.All
            from line in page.Lines
            from Match link in Link().Matches(line)
            let target = link.Groups[1].Value is { Length: > 0 } file ? Path.Combine(Path.GetDirectoryName(page.Name)!, file) : page.Name
            let name = Path.GetRelativePath(".", target)
            where headings.TryGetValue(name, out var known) && !known.Contains(link.Groups[2].Value)
            select $"{page.Name}: {link.Value}";

        Assert.That(broken, Is.Empty);
    }

    private static string Anchor(string heading) => NoLetter().Replace(heading.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"\]\(([^)#\s:]*)#([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NoLetter();
}
