namespace Furiosa.Gateway.Chat;

/// <summary>Talks to a person, or to a pipe with a question a line.</summary>
/// <param name="conversation">With whom.</param>
/// <param name="read">Gives the next line of questions and commands, null behind the last; told what to show before it to a person.</param>
/// <param name="output">Answers.</param>
/// <param name="complain">Told why an answer failed.</param>
internal sealed class TerminalChat(ChatConversation conversation, Func<string, string?> read, TextWriter output, Action<string> complain)
{
    private const string Dim = "\e[2m";
    private const string Plain = "\e[0m";

    // Narrow enough for any terminal.
    private const string Help = """
        /clear    begin anew
        /retry    ask the last question again
        /history  what was said
        /multi    several lines, ended by a dot
        /help     this
        /exit     leave (or Ctrl-D)
        Ctrl-C breaks an answer off.
        """;

    /// <summary>Whether reasoning may be shown dim.</summary>
    public bool IsColored { get; init; }

    /// <summary>Ends an answer and not the program; given where a person sits there, who gets prompts and hints too.</summary>
    public AnswerBreaker? Breaker { get; init; }

    private bool IsInteractive => Breaker is not null;

    /// <summary>Answers one question, whatever it begins with.</summary>
    /// <returns>0; 1 if it failed.</returns>
    public async Task<int> AskAsync(string question) => await AnswerAsync(question) ? 0 : 1;

    /// <summary>Answers until the input ends.</summary>
    /// <returns>0; 1 if a question from a pipe failed.</returns>
    public async Task<int> RunAsync()
    {
        if (IsInteractive) output.WriteLine("Ask something; /help lists what else can be typed.");
        var failed = false;
        while (read("> ") is { } line)
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
                    if (question.StartsWith('/') && IsInteractive)
                    {
                        output.WriteLine($"There is no {question.Split(' ')[0]}; /help lists what there is.");
                        continue;
                    }
                    break;
            }
            failed |= !await AnswerAsync(question);
        }
        if (IsInteractive) output.WriteLine(); // behind the prompt at which the input ended
        return failed && !IsInteractive ? 1 : 0;
    }

    private async Task<bool> AnswerAsync(string question)
    {
        var (isThinking, isEmpty) = (false, true);
        try
        {
            await foreach (var piece in conversation.AskAsync(question, Breaker?.Begin() ?? CancellationToken.None))
            {
                if (piece.IsReasoning != isThinking)
                {
                    isThinking = piece.IsReasoning;
                    output.Write(isThinking ? (IsColored ? Dim : "") : (IsColored ? Plain : "") + Environment.NewLine);
                }
                output.Write(Printable(piece.Text));
                output.Flush();
                isEmpty = false;
            }
            EndLine();
            return true;
        }
        catch (OperationCanceledException)
        {
            output.Write(" (broken off)");
            EndLine();
            return true;
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            if (!isEmpty) EndLine();
            complain(Printable(fault.Message));
            return false;
        }
        finally
        {
            Breaker?.End();
        }

        void EndLine() => output.WriteLine(isThinking && IsColored ? Plain : "");
    }

    private string ReadMany()
    {
        var lines = new List<string>();
        while (read("") is { } line && line != ".") lines.Add(line);
        return string.Join('\n', lines);
    }

    // A model's words must not steer the terminal: escape sequences lose their first character.
    private static string Printable(string text) =>
        text.Any(IsControl) ? string.Concat(text.Select(letter => IsControl(letter) ? '\uFFFD' : letter)) : text;

    private static bool IsControl(char letter) => char.IsControl(letter) && letter is not ('\n' or '\t' or '\r');
}
