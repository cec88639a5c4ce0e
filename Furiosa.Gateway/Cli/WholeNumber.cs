using System.CommandLine;

namespace Furiosa.Gateway.Cli;

/// <summary>Whole numbers that a command takes only from a range.</summary>
internal static class WholeNumber
{
    /// <summary>An option's value.</summary>
    /// <exception cref="FormatException">It is out of range; the message names the option, the value and the range.</exception>
    public static int Of(ParseResult parsed, Option<int> option, int least, int most = int.MaxValue) => Checked(option.Name, parsed.GetValue(option), least, most);

    /// <inheritdoc cref="Of(ParseResult, Option{int}, int, int)"/>
    /// <returns>Null where the option was not given.</returns>
    public static int? Of(ParseResult parsed, Option<int?> option, int least, int most) => parsed.GetValue(option) is { } value ? Checked(option.Name, value, least, most) : null;

    private static int Checked(string option, int value, int least, int most) => value >= least && value <= most
        ? value
        : throw new FormatException($"{option} is {value}: give {(most == int.MaxValue ? $"{least} or more" : $"{least} to {most}")}.");
}
