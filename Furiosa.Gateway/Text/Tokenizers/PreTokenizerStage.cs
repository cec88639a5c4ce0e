using Microsoft.ML.Tokenizers;

namespace Furiosa.Gateway.Text.Tokenizers;

/// <summary>One step of pre-tokenization.</summary>
/// <param name="Cut">How the text is cut, or null for not at all.</param>
/// <param name="AddPrefixSpace">Whether a space is first put before text that does not begin with one.</param>
internal sealed record PreTokenizerStage(PreTokenizer? Cut, bool AddPrefixSpace = false);
