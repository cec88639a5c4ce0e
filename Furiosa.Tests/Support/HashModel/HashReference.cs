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
                new RowSample(
                    0,
                    new DrawToken(
                        new SamplingOptions { Temperature = sampling.Temperature, Seed = sampling.Seed, AllowedIds = sampling.AllowedTokenIds?.ToArray() }, request.FirstChoice + choice,
                        all ? request.PromptIds.AsMemory() : default,
                        generated.Count < request.MinTokens ? request.StopTokenIds.AsMemory() : default),
                    [.. generated], output ? generated.Count : 0),
                state, tokens.Count - 1);
            generated.Add(answer.Token);
            tokens.Add(answer.Token);
            if (request.StopTokenIds.Contains(answer.Token)) break;
            state = HashMath.State(sum, tokens.Count - 1, answer.Token);
            sum += state;
        }
        return generated;
    }

    /// <summary>The results of a beam search, best first, driven without sequences, blocks or parking.</summary>
    public static List<List<int>> Beams(GenerationRequest request, int maxModelLen)
    {
        var options = new BeamSearchOptions
        {
            Width = request.Beams!.Width,
            MaxNewTokens = Math.Min(request.MaxTokens, maxModelLen - request.PromptIds.Length),
            LengthPenalty = request.Beams.LengthPenalty,
            EarlyStopping = Enum.Parse<BeamEarlyStopping>(request.Beams.EarlyStopping.ToString()),
            EndTokenIds = request.StopTokenIds,
        };
        var search = new BeamSearch(options);
        while (!search.Finished)
            search.Advance([.. search.State.Running.Select(beam => Candidates(request, [.. beam.Tokens.Select(token => token.Id)], options.CandidateCount))]);
        return [.. search.Results(request.ChoiceCount).Select(result => result.Tokens.Select(token => token.Id).ToList())];
    }

    private static TokenLogprob[] Candidates(GenerationRequest request, int[] generated, int count)
    {
        var (sum, state) = (0UL, 0UL);
        foreach (var (position, token) in request.PromptIds.Concat(generated).Index())
        {
            state = HashMath.State(sum, position, token);
            sum += state;
        }
        var all = request.Sampling.RepetitionPenalty != 1;
        var output = all || request.Sampling.PresencePenalty != 0 || request.Sampling.FrequencyPenalty != 0;
        var rank = new RankCandidates(
            count, new SamplingOptions(), all ? request.PromptIds.AsMemory() : default,
            generated.Length < request.MinTokens ? request.StopTokenIds.AsMemory() : default, 0);
        return HashSampler.Answer(new RowSample(0, rank, generated, output ? generated.Length : 0), state, 0).Top!;
    }
}
