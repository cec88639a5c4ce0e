using System.Runtime.InteropServices;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Serialization;

/// <summary>Wire form of a request.</summary>
internal static class RequestForm
{
    public static void Write(WireWriter writer, GenerationRequest request)
    {
        writer.Text(request.RequestId);
        writer.Ints(request.PromptIds.AsSpan());
        writer.Int(request.ChoiceCount);
        writer.Int(request.FirstChoice);
        WriteSampling(writer, request.Sampling);
        writer.OptionalObject(request.Beams, static (to, beams) =>
        {
            to.Int(beams.Width);
            to.Float(beams.LengthPenalty);
            to.Byte((byte)beams.EarlyStopping);
        });
        writer.Int(request.MaxTokens);
        writer.Int(request.MinTokens);
        writer.Ints(request.StopTokenIds.AsSpan());
        writer.OptionalObject(request.Grammar, GrammarForm.Write);
        writer.Optional(request.TopLogprobs, static (to, count) => to.Int(count));
        writer.Optional(request.PromptTopLogprobs, static (to, count) => to.Int(count));
        writer.Optional(request.Pooling, static (to, pooling) => to.Byte((byte)pooling));
        writer.OptionalObject(request.Resume, WriteResume);
        writer.OptionalObject(request.TraceParent, static (to, trace) => to.Text(trace));
    }

    public static GenerationRequest Read(WireReader reader) => new()
    {
        RequestId = reader.Text(),
        PromptIds = reader.List(1, static from => from.Int()),
        ChoiceCount = reader.Int(),
        FirstChoice = reader.Int(),
        Sampling = ReadSampling(reader),
        Beams = reader.OptionalObject(static from => new BeamParameters(from.Int(), from.Float(), from.Choice<EarlyStopping>())),
        MaxTokens = reader.Int(),
        MinTokens = reader.Int(),
        StopTokenIds = reader.List(1, static from => from.Int()),
        Grammar = reader.OptionalObject(GrammarForm.Read),
        TopLogprobs = reader.Optional(static from => from.Int()),
        PromptTopLogprobs = reader.Optional(static from => from.Int()),
        Pooling = reader.Optional(static from => from.Choice<PromptPooling>()),
        Resume = reader.OptionalObject(ReadResume),
        TraceParent = reader.OptionalObject(static from => from.Text()),
    };

    private static void WriteResume(WireWriter writer, ResumePoint resume)
    {
        writer.List(resume.Choices.AsSpan(), static (to, choice) =>
        {
            to.Ints(choice.Tokens.AsSpan());
            to.Bool(choice.Ended);
        });
        writer.Bool(resume.PromptScored);
        writer.Int(resume.Deaths);
        writer.Bool(resume.IsSuspect);
    }

    private static ResumePoint ReadResume(WireReader reader) => new(
        reader.List(2, static from => new ResumedChoice(from.List(1, static from => from.Int()), from.Bool())),
        reader.Bool(), reader.Int(), reader.Bool());

    private static void WriteSampling(WireWriter writer, SamplingParameters sampling)
    {
        writer.Float(sampling.Temperature);
        writer.Float(sampling.TopP);
        writer.Int(sampling.TopK);
        writer.Float(sampling.MinP);
        writer.Float(sampling.RepetitionPenalty);
        writer.Float(sampling.PresencePenalty);
        writer.Float(sampling.FrequencyPenalty);
        writer.OptionalObject(sampling.LogitBias, LogitBiasForm.Write);
        writer.Optional(sampling.AllowedTokenIds, static (to, ids) => to.Ints(ids.AsSpan()));
        writer.List(sampling.BadWords.AsSpan(), static (to, word) => to.Bytes(word.AsSpan()));
        writer.Long(sampling.Seed);
    }

    private static SamplingParameters ReadSampling(WireReader reader) => new()
    {
        Temperature = reader.Float(),
        TopP = reader.Float(),
        TopK = reader.Int(),
        MinP = reader.Float(),
        RepetitionPenalty = reader.Float(),
        PresencePenalty = reader.Float(),
        FrequencyPenalty = reader.Float(),
        LogitBias = reader.OptionalObject(LogitBiasForm.Read),
        AllowedTokenIds = reader.Optional(static from => from.List(1, static from => from.Int())),
        BadWords = reader.List(1, static from => ImmutableCollectionsMarshal.AsImmutableArray(from.Bytes())),
        Seed = reader.Long(),
    };
}
