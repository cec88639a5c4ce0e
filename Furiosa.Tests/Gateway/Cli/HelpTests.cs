using System.CommandLine;
using System.Text.RegularExpressions;
using Furiosa.Gateway.Cli;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Gateway.Cli;

/// <summary>The pages of <c>--help</c>.</summary>
[TestFixture]
public sealed class HelpTests
{
    private static IEnumerable<string> Commands => Below(CommandLine.Create(), "");

    [TestCaseSource(nameof(Commands))]
    public void Help_OfEveryCommand_FitsATerminal(string command) =>
        Assert.That(PageOf(command).Split('\n').Where(line => line.TrimEnd().Length > CommandLine.HelpWidth), Is.Empty);

    [TestCaseSource(nameof(Commands))]
    public void Help_OfEveryCommand_NamesItsOptionsAndArguments(string command)
    {
        var page = PageOf(command);
        var symbols = command.Split(' ', StringSplitOptions.RemoveEmptyEntries).Aggregate((Command)CommandLine.Create(), (one, name) => one.Subcommands.Single(below => below.Name == name));

        Assert.That(symbols.Options.SelectMany(option => option.Aliases.Prepend(option.Name)).Where(name => !page.Contains(name, StringComparison.Ordinal)), Is.Empty);
        Assert.That(symbols.Subcommands.Select(one => one.Name).Where(name => !page.Contains(name, StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void Documentation_NamesEveryOptionOfServe()
    {
        var page = Regex.Replace(File.ReadAllText(Path.Combine(TestPaths.Root, "docs", "command-line.md")), @"--\[no-\]([\w-]+)", "--no-$1 --$1");

        Assert.That(ServeCommand.OptionNames.Where(name => !page.Contains(name, StringComparison.Ordinal)), Is.Empty);
    }

    private static IEnumerable<string> Below(Command command, string path) =>
        command.Subcommands.SelectMany(one => Below(one, $"{path} {one.Name}".TrimStart())).Prepend(path);

    private static string PageOf(string command)
    {
        var output = new StringWriter();
        var exitCode = CommandLine.Create().Parse($"{command} --help").Invoke(new InvocationConfiguration { Output = output });
        Assert.That(exitCode, Is.Zero);
        return output.ToString();
    }
}
