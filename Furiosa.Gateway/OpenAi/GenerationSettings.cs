using System.Collections.Immutable;
using Furiosa.Actors.Protocol;
using Furiosa.Gateway.Text;

namespace Furiosa.Gateway.OpenAi;

/// <summary>What a request asks for besides its prompt, checked and with defaults filled in.</summary>
internal sealed record GenerationSettings
{
    /// <summary>Choices to return for each prompt.</summary>
    public required int ChoiceCount { get; init; }

    /// <summary>Choices to sample, of which the best are returned; the number of choices without <c>best_of</c>, and with beams.</summary>
    public required int SampleCount { get; init; }

    public BeamParameters? Beams { get; init; }

    /// <summary>The field that says how many sequences a prompt takes: <c>best_of</c> or <c>n</c>.</summary>
    public required string WidthField { get; init; }

    public required SamplingParameters Sampling { get; init; }

    /// <summary>The request's own limit, which must fit the context; null when it is silent.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>The limit where the request is silent, which the context may cut short; null for the rest of the context.</summary>
    public int? DefaultMaxTokens { get; init; }

    public required StopSettings Stops { get; init; }

    /// <summary>What every answer follows; null for anything.</summary>
    public GenerationGrammar? Grammar { get; init; }

    /// <summary>Alternatives with each token's log-probability; null for none.</summary>
    public int? TopLogprobs { get; init; }

    /// <summary>Alternatives with each log-probability of the prompt's tokens; null for none.</summary>
    public int? PromptLogprobs { get; init; }

    public bool Echo { get; init; }

    /// <summary>The texts of special tokens that stay in the text because a parser must see them.</summary>
    public ImmutableHashSet<string> ParsedTokens { get; init; } = [];

    public bool ReturnTokenIds { get; init; }

    public bool TokensAsIds { get; init; }

    public required StreamSettings Stream { get; init; }

    /// <summary>Whose turn comes first where requests wait: the lower number.</summary>
    public int Priority { get; init; }

    /// <summary>For jobs that generate nothing.</summary>
    public static GenerationSettings NoAnswer { get; } = new()
    {
        ChoiceCount = 1,
        SampleCount = 1,
        WidthField = "n",
        Sampling = new SamplingParameters { Seed = 0 },
        Stops = new StopSettings(StopSet.Empty, false, [], [], 0, null, true),
        Stream = default,
    };

    /// <summary>Tokens that the context must have room for behind the prompt.</summary>
    public int LeastTokens => MaxTokens ?? 1;

    /// <summary>Whether more choices are sampled than returned.</summary>
    public bool PicksBest => Beams is null && SampleCount > ChoiceCount;
}

/// <summary>What ends a choice.</summary>
/// <param name="Strings">Stop strings.</param>
/// <param name="IncludeString">Whether the stop string or token found stays in the text.</param>
/// <param name="TokenIds">Every token that ends a choice.</param>
/// <param name="OwnTokenIds">Those that the request named, which are reported as <c>stop_reason</c>.</param>
/// <param name="MinTokens">Tokens before any of it counts: the request's wish, or else the model's.</param>
/// <param name="OwnMinTokens">The request's wish, which the answer's limit must allow; null where it is silent.</param>
/// <param name="SkipSpecialTokens">Whether special tokens are left out of the text.</param>
internal sealed record StopSettings(
    StopSet Strings, bool IncludeString, ImmutableArray<int> TokenIds, ImmutableArray<int> OwnTokenIds, int MinTokens, int? OwnMinTokens, bool SkipSpecialTokens);

/// <summary>Whether and how the answer is streamed.</summary>
/// <param name="Enabled">Server-sent events instead of one body.</param>
/// <param name="IncludeUsage">A last chunk with the token counts.</param>
/// <param name="ContinuousUsage">Token counts in every chunk.</param>
internal readonly record struct StreamSettings(bool Enabled, bool IncludeUsage, bool ContinuousUsage);
