using System.Text.Json;
using Furiosa.Device.Execution;
using Furiosa.Device.Sampling;

namespace Furiosa.Tests.Device.Models;

/// <summary>Runs a beam search on one replica; every beam has its own blocks and forks by copying them.</summary>
internal static class BeamDriver
{
    private const int BlocksEach = 4;

    public static BeamSearchOptions Options(JsonElement beam) => new()
    {
        Width = beam.GetProperty("num_beams").GetInt32(),
        MaxNewTokens = beam.GetProperty("max_new_tokens").GetInt32(),
        LengthPenalty = beam.GetProperty("length_penalty").GetDouble(),
        EndTokenIds = [beam.GetProperty("eos_token_id").GetInt32()],
        EarlyStopping = beam.GetProperty("early_stopping").ValueKind switch
        {
            JsonValueKind.True => BeamEarlyStopping.AtWidth,
            JsonValueKind.String => BeamEarlyStopping.Never,
            _ => BeamEarlyStopping.Heuristic,
        },
    };

    public static IReadOnlyList<BeamHypothesis> Run(ReplicaRunner runner, int[] prompt, BeamSearchOptions options)
    {
        var search = new BeamSearch(options);
        var answer = runner.StepAll(prompt, [Slice(0, 0, 0, prompt.Length)], [Rank(prompt.Length - 1, options)], null).Result.Answers;
        var step = search.Advance([answer[0].Top!]);
        for (int generation = 1, position = prompt.Length; !step.Finished; generation ^= 1, position++)
        {
            // Beams read the blocks of the generation before and write their own of this one.
            var copies = step.Beams.SelectMany((beam, i) => Enumerable.Range(0, BlocksEach)
                .Select(block => new BlockCopy(First(generation ^ 1, beam.Parent) + block, First(generation, i) + block)));
            var slices = step.Beams.Select((_, i) => Slice(generation, i, position, 1));
            var ranks = step.Beams.Select((_, i) => Rank(i, options));
            answer = runner.StepAll([.. step.Beams.Select(beam => beam.TokenId)], [.. slices], [.. ranks], [.. copies]).Result.Answers;
            step = search.Advance([.. answer.Select(one => one.Top!)]);
        }

        return search.Results(options.Width);
    }

    private static RowSample Rank(int row, BeamSearchOptions options) =>
        new(row, new RankCandidates(options.CandidateCount, new SamplingOptions(), default, default, 0));

    private static int First(int generation, int beam) => (generation * 4 + beam) * BlocksEach;

    private static SequenceSlice Slice(int generation, int beam, int position, int count) =>
        ReplicaRunner.Slice(beam, position, count, First(generation, beam));
}
