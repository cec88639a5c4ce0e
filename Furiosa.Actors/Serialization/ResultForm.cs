using Furiosa.Device.Execution;
using Furiosa.Device.Sampling;

namespace Furiosa.Actors.Serialization;

/// <summary>Wire form of what the last stage answers.</summary>
internal static class ResultForm
{
    public static void Write(WireWriter writer, StepResult result)
    {
        writer.Long(result.StepId);
        writer.List<SampleAnswer>(result.Answers.Span, static (to, answer) =>
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

    public static StepResult Read(WireReader reader) => new(reader.Long(), reader.Array(8, static from => new SampleAnswer(
        from.Int(), from.Float(),
        from.OptionalObject(static from => from.Array(5, static from => new TokenLogprob(from.Int(), from.Float()))))
    {
        Rank = from.Int(),
        Sum = from.OptionalObject(static from => from.Doubles()),
    }));
}
