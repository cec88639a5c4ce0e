namespace Furiosa.Gateway.Chat;

/// <summary>Talks to a person, or to a pipe with a question a line.</summary>
/// <param name="conversation">With whom.</param>
/// <param name="input">Questions and commands.</param>
/// <param name="output">Answers.</param>
/// <param name="isInteractive">Whether a person sits there: prompts and hints are for people.</param>
/// <param name="isColored">Whether reasoning may be shown dim.</param>
internal sealed class TerminalChat(ChatConversation conversation, TextReader input, TextWriter output, bool isInteractive, bool isColored)
{
    private const string Dim = "\e[2m";
    private const string Plain = "\e[0m";

    private const string Help = """
        /clear       begin anew        /retry       ask the last question again
        /history     what was said     /multi       several lines, ended by a line with a dot
        /help        this              /exit        leave (or Ctrl-D); Ctrl-C breaks an answer off
        """;

    /// <summary>Answers until the input ends.</summary>
    /// <param name="breakOff">Gives each answer the token that ends it alone.</param>
    /// <returns>0; 1 if a question from a pipe failed.</returns>
    public async Task<int> RunAsync(Func<CancellationToken> breakOff)
    {
        if (isInteractive) output.WriteLine("Ask something; /help lists what else can be typed.");
        var failed = false;
        while (Read() is { } line)
        {
            var question = line.Trim();
            switch (question)
            {
                case "":
                    continue;
                case "/exit" or "/quit" or "/bye":
                    return 0;
                case "/help":
                    output.WriteLine(Help);
                    continue;
                case "/clear":
                    conversation.Clear();
                    continue;
                case "/history":
                    foreach (var (role, text) in conversation.Said) output.WriteLine($"{role}: {text}");
                    continue;
                case "/retry":
                    if (conversation.TakeBack() is not { } last) continue;
                    question = last;
                    break;
                case "/multi":
                    question = ReadMany();
                    break;
                default:
                    if (question.StartsWith('/') && isInteractive)
                    {
                        output.WriteLine($"There is no {question.Split(' ')[0]}; /help lists what there is.");
                        continue;
                    }
                    break;
            }
            failed |= !await AnswerAsync(question, breakOff());
        }
        return failed && !isInteractive ? 1 : 0;
    }

    private async Task<bool> AnswerAsync(string question, CancellationToken cancellation)
    {
        var isThinking = false;
        try
        {
            await foreach (var piece in conversation.AskAsync(question, cancellation))
            {
                if (piece.IsReasoning != isThinking)
                {
                    isThinking = piece.IsReasoning;
                    output.Write(isThinking ? (isColored ? Dim : "") : (isColored ? Plain : "") + Environment.NewLine);
                }
                output.Write(Printable(piece.Text));
                output.Flush();
            }
            return true;
        }
        catch (OperationCanceledException)
        {
            output.Write(" (broken off)");
            return true;
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            output.Write($"Failed: {Printable(fault.Message)}");
            return false;
        }
        finally
        {
            output.WriteLine(isThinking && isColored ? Plain : "");
        }
    }

    private string? Read()
    {
        if (isInteractive) output.Write("> ");
        return input.ReadLine();
    }

    private string ReadMany()
    {
        var lines = new List<string>();
        while (input.ReadLine() is { } line && line != ".") lines.Add(line);
        return string.Join('\n', lines);
    }

    // A model's words must not steer the terminal: escape sequences lose their first character.
    private static string Printable(string text) =>
        text.Any(IsControl) ? string.Concat(text.Select(letter => IsControl(letter) ? '\uFFFD' : letter)) : text;

    private static bool IsControl(char letter) => char.IsControl(letter) && letter is not ('\n' or '\t' or '\r');
}
