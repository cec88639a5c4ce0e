using System.Collections.Immutable;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Execution;
using Furiosa.Device.Sampling;

namespace Furiosa.Actors.Scheduling;

/// <summary>Makes the protocol's tokens from the device's answers.</summary>
internal static class Tokens
{
    /// <summary>The answer's token, with as much about it as was asked for (null: nothing).</summary>
    public static GeneratedToken From(in SampleAnswer answer, int? topCount) => topCount is null
        ? new(answer.Token, float.NaN, default)
        : new(answer.Token, answer.Logprob, topCount == 0 ? default : Alternatives(answer.Top, topCount.Value)) { Rank = answer.Rank };

    /// <summary>The best <paramref name="count"/> of some candidates, best first.</summary>
    public static ImmutableArray<TokenAlternative> Alternatives(ReadOnlySpan<TokenLogprob> candidates, int count)
    {
        var builder = ImmutableArray.CreateBuilder<TokenAlternative>(Math.Min(count, candidates.Length));
        for (var i = 0; i < builder.Capacity; i++) builder.Add(new(candidates[i].Id, candidates[i].Logprob));
        return builder.MoveToImmutable();
    }
}
