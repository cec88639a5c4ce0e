using Furiosa.Actors.Protocol;
using Furiosa.Device.Execution;
using Furiosa.Device.Sampling;

namespace Furiosa.Tests.Support.HashModel;

/// <summary>What the hash model answers to a request, computed without scheduler, blocks or cache.</summary>
internal static class HashReference
{
    /// <summary>The ids of one choice.</summary>
    public static List<int> Choice(GenerationRequest request, int choice, int maxModelLen)
    {
        var tokens = new List<int>(request.PromptIds);
        var sum = 0UL;
        var state = 0UL;
        for (var position = 0; position < tokens.Count; position++)
        {
            state = HashMath.State(sum, position, tokens[position]);
            sum += state;
        }
        var generated = new List<int>();
        var sampling = request.Sampling;
        while (generated.Count < request.MaxTokens && tokens.Count < maxModelLen)
        {
            var all = sampling.RepetitionPenalty != 1;
            var output = all || sampling.PresencePenalty != 0 || sampling.FrequencyPenalty != 0;
            var answer = HashSampler.Answer(
                new DrawToken(
                    0, new SamplingOptions { Temperature = sampling.Temperature, Seed = sampling.Seed }, request.FirstChoice + choice, tokens.Count,
                    all ? request.PromptIds.AsMemory() : default, output ? generated.ToArray() : default,
                    generated.Count < request.MinTokens ? request.StopTokenIds.AsMemory() : default),
                state);
            generated.Add(answer.Token);
            tokens.Add(answer.Token);
            if (request.StopTokenIds.Contains(answer.Token)) break;
            state = HashMath.State(sum, tokens.Count - 1, answer.Token);
            sum += state;
        }
        return generated;
    }
}
