using Furiosa.Actors.Protocol;
using Furiosa.Gateway.OpenAi;
using Furiosa.Gateway.Text;
using Furiosa.Gateway.Tools;

namespace Furiosa.Gateway.Streaming;

/// <summary>What is new for the reader of one choice.</summary>
/// <param name="Text">Text that may be shown, perhaps none; where a message is parsed, with its marks.</param>
/// <param name="Tokens">Log-probabilities of the tokens whose text is shown, where they were asked for.</param>
/// <param name="TokenIds">Ids generated since the last news with text, where they were asked for.</param>
/// <param name="Finished">Whether this was the last news.</param>
internal readonly record struct ChoiceNews(string Text, IReadOnlyList<TokenEntry> Tokens, IReadOnlyList<int> TokenIds, bool Finished)
{
    /// <summary>What a parsed text adds to a chat's message; a parser may hold it back for later news. Empty where none parses.</summary>
    public IReadOnlyList<MessageDelta> Deltas { get; init; } = [];

    public bool IsEmpty => Text.Length == 0 && !Finished;
}

/// <summary>
/// Makes one choice's text of its tokens: whole characters, up to a stop string, and says why and where it ended. Streamed and
/// unstreamed answers go through it alike, so they are the same. Not thread-safe.
/// </summary>
internal sealed class ChoiceAssembler(ITextTokenizer tokenizer, GenerationSettings settings, int firstOffset = 0, IMessageParser? parser = null)
{
    private readonly StreamingDetokenizer _detokenizer = tokenizer.CreateDetokenizer(settings.Stops.SkipSpecialTokens && settings.ParsedTokens.IsEmpty);
    private readonly StopMatcher _matcher = new(settings.Stops.Strings, settings.Stops.IncludeString);
    private readonly List<(TokenEntry Entry, int Start)> _heldTokens = [];
    private List<int> _heldIds = [];
    private List<MessageDelta> _deltas = [];
    private int _madeLength;
    private int _shownLength;
    private int _codePoints = firstOffset;

    /// <summary>Null while the choice goes on, then <c>stop</c> or <c>length</c>.</summary>
    public string? FinishReason { get; private set; }

    /// <summary>The stop string that ended it.</summary>
    public string? StopString { get; private set; }

    /// <summary>The token of the request's <c>stop_token_ids</c> that ended it.</summary>
    public int? StopTokenId { get; private set; }

    /// <summary>Tokens up to the one that ended it, that one included.</summary>
    public int TokenCount { get; private set; }

    /// <summary>Tokens up to the last one that was all reasoning.</summary>
    public int ReasoningTokenCount { get; private set; }

    /// <summary>Calls that the message has so far.</summary>
    public int CallCount => parser?.CallCount ?? 0;

    /// <summary>Sum of the tokens' log-probabilities.</summary>
    public double LogprobSum { get; private set; }

    /// <summary>Whether a stop string ended it, so that the runtime must be told.</summary>
    public bool EndedByText => StopString is not null;

    public ChoiceNews Take(TokensGenerated news)
    {
        if (FinishReason is not null) return new ChoiceNews("", [], [], false);
        var text = "";
        for (var i = 0; i < news.Tokens.Length && !EndedByText; i++)
            text = Join(text, Parse(Add(news.Tokens[i], isStopToken: news.StopTokenId is not null && i == news.Tokens.Length - 1)));
        if (news.Finish is { } finish && !EndedByText) text = Join(text, Parse(Finish(finish, news.StopTokenId)));
        if (FinishReason is not null) parser?.Finish(_deltas);
        _shownLength += text.Length;
        return Report(text);
    }

    /// <summary>Ends a choice of which the runtime said nothing more (a prompt that was only scored).</summary>
    public ChoiceNews End() => Take(new TokensGenerated(0, [], ChoiceFinish.Length, null));

    private string Add(GeneratedToken token, bool isStopToken)
    {
        TokenCount++;
        LogprobSum += token.Logprob;
        if (settings.ReturnTokenIds) _heldIds.Add(token.Id);
        var shown = !isStopToken || IsStopTokenShown(token.Id);
        if (!shown) return "";
        var start = _madeLength;
        var offset = _codePoints;
        var piece = IsHidden(token.Id) ? "" : Made(_detokenizer.Add(token.Id));
        if (settings.TopLogprobs is not null) _heldTokens.Add((new TokenEntry(token.Id, offset, token.Logprob, token.Top), start));
        return Match(piece);
    }

    // The text of a token that ended the choice is not part of it, unless special tokens were asked for or stops are to be included.
    private bool IsStopTokenShown(int id) => settings.Stops.IncludeString || (!settings.Stops.SkipSpecialTokens && tokenizer.IsSpecial(id));

    // A parser sees its own special tokens and no others.
    private bool IsHidden(int id) => settings.Stops.SkipSpecialTokens && !settings.ParsedTokens.IsEmpty && tokenizer.IsSpecial(id) && !settings.ParsedTokens.Contains(tokenizer.TokenText(id));

    private string Finish(ChoiceFinish finish, int? stopToken)
    {
        var rest = Match(Made(_detokenizer.Flush()));
        if (EndedByText) return rest;
        FinishReason = finish == ChoiceFinish.Length ? "length" : "stop";
        if (stopToken is { } id && settings.Stops.OwnTokenIds.Contains(id)) StopTokenId = id;
        return rest + _matcher.Flush();
    }

    private string Match(string piece)
    {
        var shown = _matcher.Add(piece, active: TokenCount > settings.Stops.MinTokens);
        if (_matcher.Stopped is { } stop)
        {
            StopString = stop;
            FinishReason = "stop";
        }
        return shown;
    }

    // Token by token, so that the counts do not depend on how many of them come at once.
    private string Parse(string shown)
    {
        if (parser is null) return shown;
        parser.Feed(shown, _deltas);
        if (parser.IsReasoning) ReasoningTokenCount = TokenCount;
        return shown;
    }

    private string Made(string piece)
    {
        _madeLength += piece.Length;
        foreach (var character in piece) _codePoints += char.IsLowSurrogate(character) ? 0 : 1;
        return piece;
    }

    private ChoiceNews Report(string text)
    {
        var finished = FinishReason is not null;
        if (text.Length == 0 && !finished) return new ChoiceNews("", [], [], false);
        IReadOnlyList<TokenEntry> tokens = [];
        if (_heldTokens.Count > 0)
        {
            // Tokens that a stop string swallowed whole are not part of the answer.
            var ready = finished && !EndedByText ? _heldTokens.Count : _heldTokens.Count(held => held.Start < _shownLength);
            tokens = [.. _heldTokens.Take(ready).Select(held => held.Entry)];
            _heldTokens.RemoveRange(0, ready);
        }
        IReadOnlyList<int> ids = _heldIds;
        if (_heldIds.Count > 0) _heldIds = [];
        var deltas = _deltas;
        if (deltas.Count > 0) _deltas = [];
        return new ChoiceNews(text, tokens, ids, finished) { Deltas = deltas };
    }

    private static string Join(string first, string second) => first.Length == 0 ? second : second.Length == 0 ? first : first + second;
}
