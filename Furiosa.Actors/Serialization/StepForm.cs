using Furiosa.Device.Execution;
using Furiosa.Device.Grammar;
using Furiosa.Device.Sampling;

namespace Furiosa.Actors.Serialization;

/// <summary>Wire form of steps, their hidden states and their results.</summary>
internal static class StepForm
{
    public static void Write(WireWriter writer, StageStep step)
    {
        WriteHead(writer, step, GrammarForm.Write);
        if (step.Input is { } hidden) writer.Floats(hidden.Values);
    }

    /// <summary>All but the hidden states' values, which come last; with grammars in a form of their own.</summary>
    public static void WriteHead(WireWriter writer, StageStep step, Action<WireWriter, ByteGrammar> writeGrammar)
    {
        WriteBatch(writer, step.Batch, writeGrammar);
        writer.OptionalObject(step.Input, static (to, hidden) =>
        {
            to.Int(hidden.Rows);
            to.Int(hidden.Width);
        });
    }

    public static StageStep Read(WireReader reader) => Read(reader, GrammarForm.ReadDevice);

    public static StageStep Read(WireReader reader, Func<WireReader, ByteGrammar> readGrammar) =>
        new(ReadBatch(reader, readGrammar), reader.OptionalObject(ReadHidden));

    public static void WriteResult(WireWriter writer, StepResult result)
    {
        writer.Long(result.StepId);
        writer.List<SampleAnswer>(result.Answers, static (to, answer) =>
        {
            to.Int(answer.Token);
            to.Float(answer.Logprob);
            to.OptionalObject(answer.Top, static (to, top) => to.List<TokenLogprob>(top, static (to, entry) =>
            {
                to.Int(entry.Id);
                to.Float(entry.Logprob);
            }));
            to.Int(answer.Rank);
            to.OptionalObject(answer.Sum, static (to, sum) => to.Doubles(sum));
        });
    }

    public static StepResult ReadResult(WireReader reader) => new(reader.Long(), reader.Array(8, static from => new SampleAnswer(
        from.Int(), from.Float(),
        from.OptionalObject(static from => from.Array(5, static from => new TokenLogprob(from.Int(), from.Float()))))
    {
        Rank = from.Int(),
        Sum = from.OptionalObject(static from => from.Doubles()),
    }));

    private static void WriteBatch(WireWriter writer, StepBatch batch, Action<WireWriter, ByteGrammar> writeGrammar)
    {
        writer.Long(batch.StepId);
        writer.Ints(batch.TokenIds);
        writer.List<SequenceSlice>(batch.Slices, static (to, slice) =>
        {
            to.Long(slice.SequenceId);
            to.Int(slice.FirstPosition);
            to.Int(slice.Count);
            to.Ints(slice.Blocks);
        });
        writer.List<SampleRequest>(batch.Samples, SampleForm.Write);
        writer.List<ByteGrammar>([.. batch.Grammars], writeGrammar);
        writer.List<BlockCopy>(batch.Copies, static (to, copy) =>
        {
            to.Int(copy.Source);
            to.Int(copy.Destination);
        });
        writer.List<string>([.. batch.Traces], static (to, trace) => to.Text(trace));
    }

    private static StepBatch ReadBatch(WireReader reader, Func<WireReader, ByteGrammar> readGrammar) => new()
    {
        StepId = reader.Long(),
        TokenIds = reader.Ints(),
        Slices = reader.Array(4, static from => new SequenceSlice(from.Long(), from.Int(), from.Int(), from.Ints())),
        Samples = reader.Array(3, SampleForm.Read),
        Grammars = reader.Array(2, readGrammar),
        Copies = reader.Array(2, static from => new BlockCopy(from.Int(), from.Int())),
        Traces = reader.Array(1, static from => from.Text()),
    };

    private static HiddenStates ReadHidden(WireReader reader)
    {
        var (rows, width) = (reader.Count(1), reader.Count(1));
        reader.Require((long)rows * width * sizeof(float));
        var hidden = new HiddenStates(rows, width);
        reader.Floats(hidden.Values);
        return hidden;
    }
}
