using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Furiosa.Actors.Protocol;
using Furiosa.Gateway.OpenAi;

namespace Furiosa.Gateway.Streaming;

/// <summary>
/// The <c>id:</c> lines of a stream that its client may take up again: the name of the request, and for each choice how many of its tokens
/// have been written and how many frames since the last of them, as <c>NAME;0:12.1;1:9.2</c>. A stream taken up leaves out what its client
/// has seen, and is otherwise made anew: tokens are written one by one, so that the frames of a choice are always the same.
/// </summary>
/// <param name="name">The request's name in the archive.</param>
/// <param name="choices">Choices of all prompts.</param>
/// <param name="seen">How far the client has seen each choice; null for a new stream.</param>
internal sealed class StreamMarks(string name, int choices, StreamPosition? seen)
{
    private readonly (int Token, int Frame)[] _written = new (int, int)[choices];
    private bool _usage;

    /// <summary>The next frame is about a choice of which so many tokens are done.</summary>
    /// <returns>Whether the client has not seen it.</returns>
    public bool Next(int choice, int token)
    {
        ref var written = ref _written[choice];
        written = token == written.Token ? (token, written.Frame + 1) : (token, 1);
        return seen is null || written.CompareTo(seen.Choices[choice]) > 0;
    }

    /// <summary>The next frame is the one with the counts.</summary>
    /// <returns>Whether the client has not seen it.</returns>
    public bool NextUsage()
    {
        _usage = true;
        return seen is not { Usage: true };
    }

    /// <summary>The id of the last frame.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(name);
        for (var choice = 0; choice < _written.Length; choice++)
        {
            // What was not written in this connection may have been seen in an earlier one.
            var (token, frame) = seen is not null && seen.Choices[choice].CompareTo(_written[choice]) > 0 ? seen.Choices[choice] : _written[choice];
            text.Append(CultureInfo.InvariantCulture, $";{choice}:{token}.{frame}");
        }
        return (_usage ? text.Append(";u") : text).ToString();
    }

    /// <summary>An event as one event for each of its tokens.</summary>
    public static IEnumerable<PromptEvent> Split(PromptEvent what)
    {
        if (what.Event is not TokensGenerated { Tokens.Length: > 1 } news) return [what];
        return news.Tokens.Select((token, i) => what with
        {
            Event = i == news.Tokens.Length - 1 ? news with { Tokens = [token] } : new TokensGenerated(news.Choice, [token], null, null),
        });
    }
}

/// <summary>What a client has seen of a stream: the last <c>id:</c> that it was sent.</summary>
/// <param name="Name">The request's name in the archive.</param>
/// <param name="Choices">For each choice the tokens and the frames since the last of them.</param>
/// <param name="Usage">Whether it has the counts, too.</param>
internal sealed record StreamPosition(string Name, ImmutableArray<(int Token, int Frame)> Choices, bool Usage)
{
    private const int Longest = 1 << 16;

    /// <exception cref="ApiException">The text is no id of ours.</exception>
    public static StreamPosition Parse(string text)
    {
        var parts = text.Length <= Longest ? text.Split(';') : [];
        var usage = parts.Length > 1 && parts[^1] == "u";
        var choices = ImmutableArray.CreateBuilder<(int Token, int Frame)>();
        foreach (var part in parts.Skip(1).Take(parts.Length - (usage ? 2 : 1)))
        {
            var colon = part.IndexOf(':', StringComparison.Ordinal);
            var dot = part.IndexOf('.', StringComparison.Ordinal);
            if (colon < 0 || dot < colon || part[..colon] != choices.Count.ToString(CultureInfo.InvariantCulture)) throw Wrong(text);
            choices.Add((Number(part[(colon + 1)..dot]), Number(part[(dot + 1)..])));
        }
        return choices.Count > 0 && parts[0].Length > 0 ? new StreamPosition(parts[0], choices.ToImmutable(), usage) : throw Wrong(text);

        int Number(string digits) => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Wrong(text);
    }

    private static ApiException Wrong(string text) => ApiException.Invalid(
        "Last-Event-ID", $"'{BodyFields.Shorten(text)}' is no id of a stream: send the last 'id:' line as it was received.");
}
