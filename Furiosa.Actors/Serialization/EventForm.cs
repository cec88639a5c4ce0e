using System.Runtime.Serialization;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Serialization;

/// <summary>Wire form of the events of requests.</summary>
internal static class EventForm
{
    private enum Kind : byte
    {
        Started,
        Scored,
        Pooled,
        Tokens,
        Completed,
        Failed,
        Interrupted,
        DiedUnder,
        Alone,
        Progress,
        Token,
    }

    public static void Write(WireWriter writer, PlainToken token)
    {
        writer.Byte((byte)Kind.Token);
        writer.Int(token.Choice);
        writer.Int(token.Id);
    }

    public static void Write(WireWriter writer, GenerationEvent what)
    {
        switch (what)
        {
            case GenerationStarted started:
                writer.Byte((byte)Kind.Started);
                writer.Int(started.CachedPromptTokens);
                writer.Int(started.Replica);
                break;
            case PromptScored scored:
                writer.Byte((byte)Kind.Scored);
                writer.List(scored.Tokens.AsSpan(), WriteToken);
                break;
            case PromptPooled pooled:
                writer.Byte((byte)Kind.Pooled);
                writer.List(pooled.Values.AsSpan(), static (to, value) => to.Float(value));
                break;
            case TokensGenerated tokens:
                writer.Byte((byte)Kind.Tokens);
                writer.Int(tokens.Choice);
                writer.List(tokens.Tokens.AsSpan(), WriteToken);
                writer.Optional(tokens.Finish, static (to, finish) => to.Byte((byte)finish));
                writer.Optional(tokens.StopTokenId, static (to, id) => to.Int(id));
                break;
            case GenerationCompleted:
                writer.Byte((byte)Kind.Completed);
                break;
            case GenerationFailed failed:
                writer.Byte((byte)Kind.Failed);
                writer.Byte((byte)failed.Kind);
                writer.Text(failed.Message);
                break;
            case GenerationInterrupted interrupted:
                writer.Byte((byte)Kind.Interrupted);
                writer.Text(interrupted.Reason);
                writer.Bool(interrupted.IsFault);
                break;
            case GroupDiedUnder died:
                writer.Byte((byte)Kind.DiedUnder);
                writer.Int(died.Deaths);
                writer.Bool(died.IsSuspect);
                break;
            case ComputedAlone:
                writer.Byte((byte)Kind.Alone);
                break;
            case ProgressMade:
                writer.Byte((byte)Kind.Progress);
                break;
            default:
                throw new SerializationException($"{what.GetType().Name} has no wire form.");
        }
    }

    public static RequestOutput ReadOutput(string requestId, WireReader reader) => reader.Choice<Kind>() is var kind && kind == Kind.Token
        ? new(requestId, null, new PlainToken(reader.Int(), reader.Int()))
        : new(requestId, Read(kind, reader));

    private static GenerationEvent Read(Kind kind, WireReader reader) => kind switch
    {
        Kind.Started => new GenerationStarted(reader.Int()) { Replica = reader.Int() },
        Kind.Scored => new PromptScored(reader.List(7, ReadToken)),
        Kind.Pooled => new PromptPooled(reader.List(4, static from => from.Float())),
        Kind.Tokens => new TokensGenerated(
            reader.Int(), reader.List(7, ReadToken), reader.Optional(static from => from.Choice<ChoiceFinish>()), reader.Optional(static from => from.Int())),
        Kind.Completed => GenerationCompleted.Instance,
        Kind.Interrupted => new GenerationInterrupted(reader.Text(), reader.Bool()),
        Kind.DiedUnder => new GroupDiedUnder(reader.Int(), reader.Bool()),
        Kind.Alone => ComputedAlone.Instance,
        Kind.Progress => ProgressMade.Instance,
        _ => new GenerationFailed(reader.Choice<FailureKind>(), reader.Text()),
    };

    private static void WriteToken(WireWriter writer, GeneratedToken token)
    {
        writer.Int(token.Id);
        writer.Float(token.Logprob);
        writer.MaybeDefault(token.Top, static (to, alternative) =>
        {
            to.Int(alternative.Id);
            to.Float(alternative.Logprob);
        });
        writer.Int(token.Rank);
    }

    private static GeneratedToken ReadToken(WireReader reader) => new(
        reader.Int(), reader.Float(), reader.MaybeDefault(5, static from => new TokenAlternative(from.Int(), from.Float()))) { Rank = reader.Int() };
}
