using System.Text;
using Furiosa.Actors.Grammar;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Grammar;
using Furiosa.Gateway.Grammar;

namespace Furiosa.Tests.Gateway.Grammar;

/// <summary>A model that would say anything, held to a grammar: at each step one of the allowed tokens, all alike.</summary>
internal static class GrammarWalk
{
    /// <summary>Walks until the end is drawn or the tokens are used up.</summary>
    /// <returns>The text and whether it ended.</returns>
    public static (string Text, bool Ended, List<int> Ids) Run(TokenMaskMaker masks, GenerationGrammar grammar, Random random, int maxTokens)
    {
        var state = masks.Begin(grammar.ToDevice());
        var ids = new List<int>();
        var bytes = new List<byte>();
        while (ids.Count < maxTokens)
        {
            var mask = masks.Allowed(state);
            var count = mask.AllowedCount;
            Assert.That(count > 0 || state.CanEnd, $"nothing may follow {Encoding.UTF8.GetString([.. bytes])}");
            if (state.CanEnd && (count == 0 || random.Next(4) == 0))
                return (new UTF8Encoding(false, true).GetString([.. bytes]), true, ids);
            var id = Pick(mask, random.Next(count));
            Assert.That(state.Advance(id), $"token {id} was allowed and then refused");
            ids.Add(id);
            bytes.AddRange(masks.Vocabulary.Bytes(id).TrimStart(TokenVocabulary.SpecialMark));
        }

        return (Encoding.UTF8.GetString([.. bytes]), false, ids);
    }

    private static int Pick(TokenMask mask, int rank)
    {
        for (var word = 0; ; word++)
        {
            var here = System.Numerics.BitOperations.PopCount(mask.Words[word]);
            if (rank >= here)
            {
                rank -= here;
                continue;
            }

            for (var id = word * 64; ; id++)
            {
                if (mask.Allows(id) && rank-- == 0)
                    return id;
            }
        }
    }
}
