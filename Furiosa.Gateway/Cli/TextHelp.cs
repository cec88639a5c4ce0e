namespace Furiosa.Gateway.Cli;

/// <summary>The help of the commands that show what the text side does with a model's files.</summary>
internal static class TextHelp
{
    public const string Render = """
        Print the exact prompt that a chat request gives, and nothing after it.

        Usage:
          furiosa-llm render [--model DIR | --chat-template FILE] REQUEST.json
          furiosa-llm render [--model DIR | --chat-template FILE] --lines REQUESTS.jsonl

        REQUEST.json is the body of a POST to /v1/chat/completions; "-" is standard
        input. Members that are no fields of that API are variables of the template;
        "now", an ISO time, is what strftime_now tells.

        Options:
          --model DIR               Directory with the model's template and
                                    tokenizer_config.json; nothing else is needed. Or a
                                    model on the hub as org/name.
                                    (default: the bundled demo model, unless
                                    --chat-template is given)
          --revision NAME           Branch, tag or commit on the hub. (default: main)
          --chat-template FILE      Jinja2 file used instead of the model's. Without
                                    --model, messages reach it as they are, and
                                    bos_token and its like come from the request.
          --lines                   Read one request a line, write one JSON object a
                                    line: {"prompt": ...} or {"error": ...}.
          -h, --help                Show this.

        Without --lines an error goes to standard error, and the exit code is 1.

        """;

    public const string Tokenize = """
        Turn text into token ids, or back, exactly as the server does.

        Usage:
          furiosa-llm tokenize [--model DIR] [--no-special] [--decode] < LINES

        Each line of standard input is a JSON string and gives a line with a list of
        ids; with --decode it is the other way round.

        Options:
          --model DIR               Directory with the tokenizer's files; nothing else
                                    is needed. Or a model on the hub as org/name.
                                    (default: the bundled model)
          --revision NAME           Branch, tag or commit on the hub. (default: main)
          --no-special              Leave out the special tokens that the tokenizer adds
                                    (with --decode: those among the ids).
          --decode                  Lines are lists of ids and give JSON strings.
          -h, --help                Show this.

        """;
}
