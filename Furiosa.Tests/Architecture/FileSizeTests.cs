namespace Furiosa.Tests.Architecture;

/// <summary>Files stay small, one idea each.</summary>
[TestFixture]
public sealed class FileSizeTests
{
    private const int MostLines = 300;

    [TestCase("Furiosa.Device")]
    [TestCase("Furiosa.Actors")]
    [TestCase("Furiosa.Gateway")]
    public void Sources_Lines_StayUnderTheCeiling(string project)
    {
        var tooLong = SourceTree.Sources(project)
            .Select(file => (Name: Path.GetRelativePath(SourceTree.Root, file), Lines: File.ReadLines(file).Count()))
            .Where(file => file.Lines > MostLines);

        Assert.That(tooLong, Is.Empty);
    }
}
