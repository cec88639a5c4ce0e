using System.Text.Json;

namespace Furiosa.Gateway.Text.Tokenizers;

/// <summary>Reads the <c>decoder</c> of a <c>tokenizer.json</c>: ByteLevel, or the sequence that goes with byte fallback.</summary>
internal static class DecoderReader
{
    /// <summary>Whether tokens are written in <see cref="ByteLevelAlphabet"/>, and whether a space at the very beginning is left out.</summary>
    public static (bool ByteLevel, bool DropFirstSpace) Read(JsonElement? element)
    {
        if (element is not { } decoder)
            throw new ModelTextException("a tokenizer without a decoder is not supported.");
        if (decoder.TypeName() != "Sequence")
            return Single(decoder);
        var parts = decoder.GetProperty("decoders").EnumerateArray().ToList();
        var types = string.Join(", ", parts.Select(part => part.TypeName()));
        switch (types)
        {
            case "ByteLevel":
                return Single(parts[0]);
            case "Replace, ByteFallback, Fuse" when IsMetaspace(parts[0]):
                return (false, false);
            case "Replace, ByteFallback, Fuse, Strip" when IsMetaspace(parts[0]) && IsFirstSpace(parts[3]):
                return (false, true);
            default:
                throw new ModelTextException($"the decoder sequence {types} is not supported yet.");
        }
    }

    private static (bool ByteLevel, bool DropFirstSpace) Single(JsonElement decoder) =>
        decoder.TypeName() is var type && type == "ByteLevel" ? (true, false) : throw new ModelTextException($"the decoder {type} is not supported yet.");

    private static bool IsMetaspace(JsonElement replace) =>
        replace.GetProperty("pattern").Optional("String")?.Text() == "\u2581" && replace.GetProperty("content").Text() == " ";

    private static bool IsFirstSpace(JsonElement strip) =>
        strip.GetProperty("content").Text() == " " && strip.GetProperty("start").GetInt32() == 1 && strip.GetProperty("stop").GetInt32() == 0;
}
