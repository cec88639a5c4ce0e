using System.Runtime.Serialization;
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

    public static void Write(WireWriter writer, SampleRequest request)
    {
        switch (request)
        {
            case DrawToken draw:
                writer.Byte((byte)Kind.Draw);
                writer.Int(draw.Row);
                WriteOptions(writer, draw.Options);
                writer.Int(draw.Choice);
                writer.Int(draw.Position);
                WriteIds(writer, draw.PromptIds, draw.GeneratedIds, draw.BannedIds);
                break;
            case ScoreToken score:
                writer.Byte((byte)Kind.Score);
                writer.Int(score.Row);
                writer.Int(score.TokenId);
                writer.Int(score.TopCount);
                break;
            case RankCandidates rank:
                writer.Byte((byte)Kind.Rank);
                writer.Int(rank.Row);
                writer.Int(rank.Count);
                WriteOptions(writer, rank.Options);
                WriteIds(writer, rank.PromptIds, rank.GeneratedIds, rank.BannedIds);
                writer.Int(rank.TopCount);
                break;
            case PoolRows pool:
                writer.Byte((byte)Kind.Pool);
                writer.Int(pool.Row);
                writer.Int(pool.Count);
                writer.OptionalObject(pool.Sum, static (to, sum) => to.Doubles(sum));
                break;
            default:
                throw new SerializationException($"{request.GetType().Name} has no wire form.");
        }

        WriteConstraint(writer, request);
    }

    public static SampleRequest Read(WireReader reader)
    {
        SampleRequest request = reader.Choice<Kind>() switch
        {
            Kind.Draw => new DrawToken(reader.Int(), ReadOptions(reader), reader.Int(), reader.Int(), reader.Ints(), reader.Ints(), reader.Ints()),
            Kind.Score => new ScoreToken(reader.Int(), reader.Int(), reader.Int()),
            Kind.Pool => new PoolRows(reader.Int(), reader.Int(), reader.OptionalObject(static from => from.Doubles())),
            _ => new RankCandidates(reader.Int(), reader.Int(), ReadOptions(reader), reader.Ints(), reader.Ints(), reader.Ints(), reader.Int()),
        };
        return request with { Constraint = ReadConstraint(reader) };
    }

    private static void WriteIds(WireWriter writer, ReadOnlyMemory<int> prompt, ReadOnlyMemory<int> generated, ReadOnlyMemory<int> banned)
    {
        writer.Ints(prompt.Span);
        writer.Ints(generated.Span);
        writer.Ints(banned.Span);
    }

    private static void WriteConstraint(WireWriter writer, SampleRequest request) => writer.OptionalObject(request.Constraint, static (to, constraint) =>
    {
        to.Int(constraint.Grammar);
        to.Long(constraint.SequenceId);
        to.Ints(constraint.GeneratedIds.Span);
        to.Ints(constraint.EndIds.Span);
    });

    private static TokenConstraint? ReadConstraint(WireReader reader) =>
        reader.OptionalObject(static from => new TokenConstraint(from.Int(), from.Long(), from.Ints(), from.Ints()));

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
