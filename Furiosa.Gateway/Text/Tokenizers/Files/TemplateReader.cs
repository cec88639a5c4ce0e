using System.Text.Json;

namespace Furiosa.Gateway.Text.Tokenizers.Files;

/// <summary>Reads the <c>post_processor</c> of a <c>tokenizer.json</c>, of which one text's special tokens are used.</summary>
internal static class TemplateReader
{
    private const int MostTokens = 64;

    public static TokenTemplate Read(JsonElement? element) => element is { } processor ? Read(processor) : TokenTemplate.Empty;

    private static TokenTemplate Read(JsonElement element)
    {
        switch (element.TypeName())
        {
            case "ByteLevel": // changes offsets only
                return TokenTemplate.Empty;
            case "TemplateProcessing":
                return ReadSingle(element);
            case "RobertaProcessing" or "BertProcessing":
                return new TokenTemplate([element.GetProperty("cls")[1].GetInt32()], [element.GetProperty("sep")[1].GetInt32()]);
            case "Sequence":
                // Each processor works on what the one before it made, so a later one is the outer.
                return element.GetProperty("processors").EnumerateArray().Select(Read)
                    .Aggregate(TokenTemplate.Empty, (inner, outer) => new([.. outer.Before, .. inner.Before], [.. inner.After, .. outer.After]));
            case var type:
                throw new ModelTextException($"the post_processor {type} is not supported yet.");
        }
    }

    private static TokenTemplate ReadSingle(JsonElement element)
    {
        List<int> before = [], after = [];
        var seen = false;
        foreach (var piece in element.GetProperty("single").EnumerateArray())
        {
            if (piece.Optional("SpecialToken") is not { } token)
            {
                if (seen)
                    throw new ModelTextException("a post_processor template that repeats the text is not supported.");
                seen = true;
                continue;
            }

            var name = token.GetProperty("id").Text();
            var ids = element.GetProperty("special_tokens").GetProperty(name).GetProperty("ids").EnumerateArray().Select(id => id.GetInt32());
            (seen ? after : before).AddRange(ids);
        }

        return before.Count + after.Count <= MostTokens
            ? new TokenTemplate(before, after)
            : throw new ModelTextException($"the post_processor adds {before.Count + after.Count} tokens, more than the {MostTokens} allowed.");
    }
}
