using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Serialization;

/// <summary>Bounds the size of a message's wire form without writing it.</summary>
internal static class MessageSize
{
    private const int Fixed = 1024;
    private const int Id = 5;
    private const int TokenBytes = 12;
    private const int AlternativeBytes = 9;
    private const int EdgeBytes = 12;

    /// <summary>Bytes that it takes at most.</summary>
    public static long AtMost(IFuriosaMessage message) => message switch
    {
        SubmitRequest submit => Of(submit.Request),
        StepOutput output => Fixed + output.Outputs.Sum(entry => 64L + (3 * entry.RequestId.Length) + Of(entry.Event)),
        KeepRecord keep => Fixed + keep.Record.Length,
        RecordFound found => Fixed + found.Record.Length,
        _ => Fixed,
    };

    private static long Of(GenerationRequest request)
    {
        var size = Fixed + (3L * request.RequestId.Length) + ((long)Id * (request.PromptIds.Length + request.StopTokenIds.Length));
        size += 9L * (request.Sampling.LogitBias?.Count ?? 0);
        if (request.Grammar is { } grammar)
            size += (3L * grammar.Key.Length) + ((long)Id * grammar.RuleStarts.Length) + grammar.Accepting.Length + ((long)EdgeBytes * grammar.ByteEdges.Length) + (3L * Id * grammar.Calls.Length);
        if (request.Resume is { } resume) size += resume.Choices.Sum(choice => 8L + ((long)Id * choice.Tokens.Length));
        return size;
    }

    private static long Of(GenerationEvent what) => what switch
    {
        TokensGenerated tokens => tokens.Tokens.Sum(Of),
        PromptScored scored => scored.Tokens.Sum(Of),
        GenerationFailed failed => 3L * failed.Message.Length,
        GenerationInterrupted interrupted => 3L * interrupted.Reason.Length,
        _ => 16,
    };

    private static long Of(GeneratedToken token) => TokenBytes + (token.Top.IsDefault ? 0 : (long)AlternativeBytes * token.Top.Length);
}
