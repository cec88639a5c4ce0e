using Furiosa.Actors.Protocol;
using Furiosa.Gateway.OpenAi;

namespace Furiosa.Gateway.Streaming;

/// <summary>A prompt that stands before its own answer.</summary>
/// <param name="Text">The prompt's text.</param>
/// <param name="Tokens">Its tokens with log-probabilities (the first has none); empty where none were asked for.</param>
internal sealed record PromptEcho(string Text, IReadOnlyList<TokenEntry> Tokens)
{
    public static PromptEcho Create(GenerationJob job, int index, PromptScored? scored)
    {
        var prompt = job.Prompts[index];
        if (scored is null) return new PromptEcho(prompt.Text ?? "", []);
        var detokenizer = job.Model.Tokenizer.CreateDetokenizer(skipSpecialTokens: false);
        var entries = new TokenEntry[prompt.Ids.Length];
        var offset = 0;
        for (var i = 0; i < entries.Length; i++)
        {
            var token = i == 0 ? new GeneratedToken(prompt.Ids[0], float.NaN, []) : scored.Tokens[i - 1];
            entries[i] = new TokenEntry(prompt.Ids[i], offset, token.Logprob, token.Top);
            var text = detokenizer.Add(prompt.Ids[i]);
            if (i > 0 || !IsAdded(job, prompt, text)) offset += text.EnumerateRunes().Count();
        }
        return new PromptEcho(prompt.Text ?? "", entries);
    }

    // What the tokenizer puts before a text is not in it; what a client wrote is, as a text or by its id.
    private static bool IsAdded(GenerationJob job, Prompt prompt, string first) =>
        job.Model.Tokenizer.Decode(prompt.Ids.AsSpan()[..1], skipSpecialTokens: true).Length == 0 && prompt.Text?.StartsWith(first, StringComparison.Ordinal) != true;
}
