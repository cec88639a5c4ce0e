using Akka.Event;

namespace Furiosa.Actors.Hosting;

/// <summary>
/// What of Akka's own log an admin is to read, and in how many words. That a node cannot be reached is told once by this node's own actors,
/// not with every try; and what strangers send to the port fills one line, not a stack each time.
/// </summary>
internal static class RemotingLines
{
    private const int MostCharacters = 300;
    private const string Channel = "Error caught channel";

    // How Akka begins what is said better elsewhere: by the node's loss and return, or by the refusal that comes with it.
    private static readonly string[] SaidElsewhere =
    [
        "Tried to associate with unreachable remote address",
        "Association with remote system",
        "No response from remote",
        "Disassociated",
        "Couldn't join seed nodes",
        "heartbeat interval is growing too large",
        "Rejected incoming connection from",
    ];

    // How a handshake fails that this node has refused, and why has been said; and what is said again as a failed handshake.
    private const string ValidationFailed = "RemoteCertificateValidationCallback";
    private const string NoTls = "not an SSL/TLS record";

    // How Akka begins what it says, with stacks and advice, of bytes that are none of a node.
    private static readonly string[] OfStrangers = [Channel, "Error while decoding incoming Akka PDU", "TLS handshake failed on channel"];

    /// <summary>A line as it is to be told.</summary>
    /// <param name="level">Akka's level.</param>
    /// <param name="text">Akka's text.</param>
    /// <param name="cause">The exception that comes with it.</param>
    public static RemotingLine Of(LogLevel level, string text, Exception? cause)
    {
        if (level < LogLevel.WarningLevel) return new(level, text, cause);
        if (Array.Exists(SaidElsewhere, begin => text.StartsWith(begin, StringComparison.Ordinal))) return new(LogLevel.DebugLevel, text, cause);
        if (!Array.Exists(OfStrangers, begin => text.StartsWith(begin, StringComparison.Ordinal))) return new(level, text, cause);
        var why = cause?.GetBaseException().Message.ReplaceLineEndings(" ") ?? "";
        if (why.Contains(ValidationFailed, StringComparison.Ordinal) || (why.StartsWith(NoTls, StringComparison.Ordinal) && text.StartsWith(Channel, StringComparison.Ordinal)))
            return new(LogLevel.DebugLevel, text, cause);
        var first = text.AsSpan()[..(text.AsSpan().IndexOfAny('\r', '\n') is >= 0 and var end ? end : text.Length)];
        return new(LogLevel.WarningLevel, Shorten($"What a connection brought was refused: {first}: {why}"), null);
    }

    private static string Shorten(string text) => text.Length <= MostCharacters ? text : text[..MostCharacters] + " ...";
}

/// <summary>A line of the log.</summary>
/// <param name="Level">How much it matters.</param>
/// <param name="Text">What it says.</param>
/// <param name="Cause">An exception whose stack belongs to it.</param>
internal readonly record struct RemotingLine(LogLevel Level, string Text, Exception? Cause);
