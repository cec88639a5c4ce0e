using Furiosa.Actors.Serialization;
using Furiosa.Device.Execution;

namespace Furiosa.Tests.Support;

/// <summary>A data connection's two ends for the steps of one stage, without the socket between them.</summary>
internal sealed class StepWire
{
    private readonly StepMirror _given = new();
    private readonly StepMirror _taken = new();

    /// <summary>Bytes of the last step.</summary>
    public int Bytes { get; private set; }

    /// <summary>The step as the other end reads it.</summary>
    public StepBatch Pass(StepBatch batch) => Read(Write(batch));

    public byte[] Write(StepBatch batch)
    {
        var writer = new WireWriter();
        StepForm.WriteHead(writer, new StageStep(batch, null), _given);
        var bytes = writer.ToArray();
        Bytes = bytes.Length;
        return bytes;
    }

    public StepBatch Read(byte[] bytes)
    {
        var reader = new WireReader(bytes);
        var step = StepForm.Read(reader, _taken);
        reader.End();
        return step.Batch;
    }
}
