using System.Runtime.Serialization;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Serialization;
using Furiosa.Device.Links;

namespace Furiosa.Actors.Groups;

/// <summary>
/// Another member as this one sends it steps and results, and takes them from it: frames of one data connection. Hidden states go from where
/// they lie to the socket. A step only says what the steps before it to the same stage did not.
/// </summary>
internal sealed class StepPeer(Action<OutgoingFrame> send, int stageCount)
{
    private const byte RunKind = 1;
    private const byte CompletedKind = 2;

    // Descriptions of batches (block tables, penalised ids, grammars) beside the hidden states.
    private const int DescriptionBytes = 64 << 20;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, StepMirror> _given = [];
    private readonly Dictionary<int, StepMirror> _taken = [];

    /// <summary>Bytes of the largest frame of a group.</summary>
    public static int MostBytes(int rows, int width) => (int)Math.Min(Array.MaxLength, DescriptionBytes + (long)rows * width * sizeof(float));

    /// <summary>Sends a step for a stage; takes over its hidden states. Stages of one node share the connection.</summary>
    public void Send(int stage, RunStage step)
    {
        lock (_gate)
        {
            var writer = new WireWriter();
            writer.Int(stage);
            writer.Long(step.Epoch);
            StepForm.WriteHead(writer, step.Step, Of(_given, stage));
            send(new OutgoingFrame(RunKind, writer.Written, step.Step.Input?.Memory ?? default, step.Step.Input));
        }
    }

    /// <summary>Sends a result.</summary>
    public void Send(StepCompleted completed)
    {
        var writer = new WireWriter();
        writer.Long(completed.Epoch);
        ResultForm.Write(writer, completed.Result);
        send(new OutgoingFrame(CompletedKind, writer.Written));
    }

    /// <summary>Reads a frame, and gives it back. On the connection's thread.</summary>
    /// <exception cref="InvalidDataException">It is none of these, or malformed.</exception>
    public void Take(IncomingFrame frame, Action<int, RunStage> run, Action<StepCompleted> completed)
    {
        try
        {
            var reader = new WireReader(frame.Payload);
            switch (frame.Kind)
            {
                case RunKind:
                    var (stage, epoch) = (reader.Int(), reader.Long());
                    if ((uint)stage >= (uint)stageCount) throw new InvalidDataException($"sent a step for stage {stage} of {stageCount}");
                    var step = StepForm.Read(reader, Of(_taken, stage));
                    reader.End();
                    run(stage, new RunStage(epoch, step));
                    break;
                case CompletedKind:
                    var result = new StepCompleted(reader.Long(), ResultForm.Read(reader));
                    reader.End();
                    completed(result);
                    break;
                default:
                    throw new InvalidDataException($"sent a frame of kind {frame.Kind}");
            }
        }
        catch (SerializationException error)
        {
            throw new InvalidDataException($"sent a malformed frame: {error.Message}", error);
        }
        finally
        {
            frame.Return();
        }
    }

    private static StepMirror Of(Dictionary<int, StepMirror> mirrors, int stage)
    {
        if (!mirrors.TryGetValue(stage, out var mirror)) mirrors.Add(stage, mirror = new StepMirror());
        return mirror;
    }
}
