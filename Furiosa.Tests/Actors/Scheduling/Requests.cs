using System.Collections.Immutable;
using Furiosa.Actors.Protocol;

namespace Furiosa.Tests.Actors.Scheduling;

/// <summary>Requests for tests.</summary>
internal static class Requests
{
    public static GenerationRequest Of(string id, int[] prompt, int maxTokens, int choices = 1, float temperature = 1, long seed = 7) => new()
    {
        RequestId = id,
        PromptIds = [.. prompt],
        MaxTokens = maxTokens,
        ChoiceCount = choices,
        Sampling = new SamplingParameters { Temperature = temperature, Seed = seed },
    };

    public static int[] Prompt(int length, int salt = 0) => [.. Enumerable.Range(0, length).Select(i => (int)(((uint)(i + salt) * 2654435761u) >> 16) % 97)];

    /// <summary>A request drawn from everything that the scheduler treats differently. Prompts share prefixes often.</summary>
    public static GenerationRequest Random(Random random, string id, int maxLength)
    {
        var request = RandomSampled(random, id, maxLength);
        if (random.Next(6) > 0 || request.MaxTokens == 0) return request;
        var width = random.Next(1, 4);
        var beams = new BeamParameters(width, random.Next(3) * 0.5f, (EarlyStopping)random.Next(3));
        return request with { Beams = beams, ChoiceCount = random.Next(1, width + 1), MaxTokens = Math.Min(request.MaxTokens, 20) };
    }

    private static GenerationRequest RandomSampled(Random random, string id, int maxLength)
    {
        var prompt = Prompt(random.Next(1, maxLength - 1), random.Next(3));
        var stops = random.Next(2) == 0 ? ImmutableArray<int>.Empty : [random.Next(97), random.Next(97)];
        var maxTokens = random.Next(12) == 0 ? 0 : random.Next(1, maxLength);
        return new()
        {
            RequestId = id,
            PromptIds = [.. prompt],
            MaxTokens = maxTokens,
            MinTokens = random.Next(3) == 0 ? random.Next(0, 9) : 0,
            ChoiceCount = random.Next(3) == 0 ? random.Next(1, 5) : 1,
            StopTokenIds = stops,
            TopLogprobs = random.Next(3) == 0 ? random.Next(0, 4) : null,
            PromptTopLogprobs = random.Next(5) == 0 ? random.Next(0, 3) : null,
            Sampling = new SamplingParameters
            {
                Temperature = random.Next(3) == 0 ? 0 : 1,
                Seed = random.Next(5),
                RepetitionPenalty = random.Next(4) == 0 ? 1.5f : 1,
                PresencePenalty = random.Next(4) == 0 ? 0.5f : 0,
                AllowedTokenIds = random.Next(2) == 0 ? Enumerable.Range(5, random.Next(1, 4)).ToImmutableArray() : null,
            },
        };
    }
}
