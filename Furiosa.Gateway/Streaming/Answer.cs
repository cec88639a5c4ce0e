using Furiosa.Actors.Protocol;
using Furiosa.Gateway.OpenAi;

namespace Furiosa.Gateway.Streaming;

/// <summary>News of the choice with an index over all prompts: prompt times choices plus choice.</summary>
/// <param name="Index">The index.</param>
/// <param name="News">The news.</param>
internal readonly record struct IndexedNews(int Index, ChoiceNews News);

/// <summary>The state of an answer under way: its choices, its prompts and the counts. Not thread-safe.</summary>
internal sealed class Answer
{
    private readonly GenerationJob _job;
    private readonly ChoiceAssembler[] _choices;
    private readonly PromptEcho?[] _echoes;
    private readonly PromptScored?[] _scores;
    private readonly List<IndexedNews> _news = [];
    private readonly bool[] _completed;
    private int _cachedTokens;

    public Answer(GenerationJob job)
    {
        _job = job;
        _echoes = new PromptEcho?[job.Prompts.Count];
        _completed = new bool[job.Prompts.Count];
        _scores = new PromptScored?[job.Prompts.Count];
        _choices = [.. Enumerable.Range(0, job.Prompts.Count * PerPrompt).Select(i => new ChoiceAssembler(job.Model.Tokenizer, job.Settings, OffsetOf(i / PerPrompt), job.NewParser?.Invoke()))];
    }

    /// <summary>Choices generated for each prompt.</summary>
    public int PerPrompt => _job.Settings.SampleCount;

    public IReadOnlyList<ChoiceAssembler> Choices => _choices;

    public bool IsComplete => Array.TrueForAll(_completed, completed => completed);

    public Usage Usage => new(_job.Prompts.Sum(prompt => prompt.Ids.Length), _choices.Sum(choice => choice.TokenCount), _cachedTokens)
    {
        Reasoning = _job.ParsesReasoning ? _choices.Sum(choice => choice.ReasoningTokenCount) : null,
    };

    /// <summary>The part of an echoed prompt with its log-probabilities; null where no echo was asked for.</summary>
    public PromptEcho? EchoOf(int prompt) => _job.Settings.Echo ? _echoes[prompt] ??= PromptEcho.Create(_job, prompt, null) : null;

    /// <summary>What the model thought of a prompt's tokens but the first; null until it is known, or where nobody asked.</summary>
    public PromptScored? ScoresOf(int prompt) => _scores[prompt];

    /// <summary>Applies an event; the list it gives is valid until the next call.</summary>
    /// <exception cref="ApiException">The runtime ended the prompt without an answer.</exception>
    public IReadOnlyList<IndexedNews> Apply(PromptEvent next)
    {
        _news.Clear();
        switch (next.Event)
        {
            case GenerationStarted started:
                _cachedTokens += started.CachedPromptTokens;
                _job.Record?.Start(next.Prompt, started.Replica, started.CachedPromptTokens);
                break;
            case PromptScored scored:
                _scores[next.Prompt] = scored;
                // Without log-probabilities of its own an echo is text alone.
                if (_job.Settings is { Echo: true, TopLogprobs: not null }) _echoes[next.Prompt] = PromptEcho.Create(_job, next.Prompt, scored);
                break;
            case TokensGenerated tokens: Take(next.Prompt, tokens); break;
            case GenerationFailed failed when !IsSettled(next.Prompt): throw new ApiException(failed.ToApiError(_job, next.Prompt));
            default: Complete(next.Prompt); break;
        }
        return _news;
    }

    private void Take(int prompt, TokensGenerated tokens)
    {
        var own = tokens.Choice - _job.Requests[prompt].FirstChoice;
        var index = (prompt * PerPrompt) + own;
        var choice = _choices[index];
        var ended = choice.FinishReason is not null;
        var counted = choice.TokenCount;
        var news = choice.Take(tokens);
        _job.Record?.AddTokens(prompt, own, choice.TokenCount - counted);
        if (!news.IsEmpty) _news.Add(new IndexedNews(index, news));
        if (!ended && choice.EndedByText && tokens.Finish is null) _job.Model.Client.FinishChoice(_job.Requests[prompt].RequestId, tokens.Choice);
    }

    private void Complete(int prompt)
    {
        _completed[prompt] = true;
        for (var index = prompt * PerPrompt; index < (prompt + 1) * PerPrompt; index++)
            if (_choices[index].FinishReason is null) _news.Add(new IndexedNews(index, _choices[index].End()));
        _job.Record?.EndPrompt(prompt, Array.Exists(_choices[(prompt * PerPrompt)..((prompt + 1) * PerPrompt)], choice => choice.FinishReason == "length") ? "length" : "stop");
    }

    // Every choice has met its stop string: how the runtime ends the request is no news any more.
    private bool IsSettled(int prompt) => _choices.AsSpan(prompt * PerPrompt, PerPrompt).ToArray().All(choice => choice.FinishReason is not null);

    private int OffsetOf(int prompt) => _job.Settings.Echo ? (_job.Prompts[prompt].Text ?? "").EnumerateRunes().Count() : 0;
}
