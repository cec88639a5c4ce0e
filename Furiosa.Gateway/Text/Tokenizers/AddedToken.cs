namespace Furiosa.Gateway.Text.Tokenizers;

/// <summary>One of <c>tokenizer.json</c>'s <c>added_tokens</c>: found in text before anything else is done to it.</summary>
/// <param name="Id">Its token id.</param>
/// <param name="Content">The text it is written as.</param>
/// <param name="SingleWord">Whether it is left alone where a word character touches it.</param>
/// <param name="LeftStrip">Whether it takes the white space before it.</param>
/// <param name="RightStrip">Whether it takes the white space after it.</param>
/// <param name="Normalized">Whether it is looked for in normalized text.</param>
/// <param name="Special">Whether <c>skip_special_tokens</c> leaves it out.</param>
internal sealed record AddedToken(int Id, string Content, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized, bool Special);
