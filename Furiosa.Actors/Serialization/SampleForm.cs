using System.Runtime.Serialization;
using Furiosa.Actors.Groups;
using Furiosa.Device.Execution;
using Furiosa.Device.Sampling;

namespace Furiosa.Actors.Serialization;

/// <summary>Wire form of what is to be read from logits.</summary>
internal static class SampleForm
{
    private enum Kind : byte
    {
        Draw,
        Score,
        Rank,
        Pool,
    }

    public static void Write(WireWriter writer, SampleRequest request, GrammarSlots grammars)
    {
        switch (request)
        {
            case DrawToken draw:
                writer.Byte((byte)Kind.Draw);
                WriteOptions(writer, draw.Options);
                writer.Int(draw.Choice);
                writer.Ints(draw.PromptIds.Span);
                writer.Ints(draw.BannedIds.Span);
                break;
            case ScoreToken score:
                writer.Byte((byte)Kind.Score);
                writer.Int(score.TokenId);
                writer.Int(score.TopCount);
                break;
            case RankCandidates rank:
                writer.Byte((byte)Kind.Rank);
                writer.Int(rank.Count);
                WriteOptions(writer, rank.Options);
                writer.Ints(rank.PromptIds.Span);
                writer.Ints(rank.BannedIds.Span);
                writer.Int(rank.TopCount);
                break;
            case PoolRows pool:
                writer.Byte((byte)Kind.Pool);
                writer.Int(pool.Count);
                writer.OptionalObject(pool.Sum, static (to, sum) => to.Doubles(sum));
                break;
            default:
                throw new SerializationException($"{request.GetType().Name} has no wire form.");
        }

        writer.Bool(request.Constraint is not null);
        if (request.Constraint is not { } constraint) return;
        grammars.Write(writer, constraint.Grammar);
        writer.Long(constraint.SequenceId);
        writer.Ints(constraint.EndIds.Span);
    }

    public static SampleRequest Read(WireReader reader, GrammarSlots grammars)
    {
        SampleRequest request = reader.Choice<Kind>() switch
        {
            Kind.Draw => new DrawToken(ReadOptions(reader), reader.Int(), reader.Ints(), reader.Ints()),
            Kind.Score => new ScoreToken(reader.Int(), reader.Int()),
            Kind.Pool => new PoolRows(reader.Int(), reader.OptionalObject(static from => from.Doubles())),
            _ => new RankCandidates(reader.Int(), ReadOptions(reader), reader.Ints(), reader.Ints(), reader.Int()),
        };
        return reader.Bool() ? request with { Constraint = new TokenConstraint(grammars.Read(reader), reader.Long(), reader.Ints()) } : request;
    }

    private static void WriteOptions(WireWriter writer, SamplingOptions options)
    {
        writer.Float(options.Temperature);
        writer.Float(options.TopP);
        writer.Int(options.TopK);
        writer.Float(options.MinP);
        writer.Float(options.RepetitionPenalty);
        writer.Float(options.PresencePenalty);
        writer.Float(options.FrequencyPenalty);
        writer.OptionalObject(options.LogitBias, LogitBiasForm.Write);
        writer.OptionalObject(options.AllowedIds, static (to, ids) => to.Ints(ids));
        writer.List<byte[]>([.. options.BadWords], static (to, word) => to.Bytes(word));
        writer.Long(options.Seed);
        writer.Optional(options.TopLogprobs, static (to, count) => to.Int(count));
    }

    private static SamplingOptions ReadOptions(WireReader reader) => new()
    {
        Temperature = reader.Float(),
        TopP = reader.Float(),
        TopK = reader.Int(),
        MinP = reader.Float(),
        RepetitionPenalty = reader.Float(),
        PresencePenalty = reader.Float(),
        FrequencyPenalty = reader.Float(),
        LogitBias = reader.OptionalObject(LogitBiasForm.Read),
        AllowedIds = reader.OptionalObject(static from => from.Ints()),
        BadWords = reader.Array(1, static from => from.Bytes()),
        Seed = reader.Long(),
        TopLogprobs = reader.Optional(static from => from.Int()),
    };
}
