using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi.Responses;

/// <summary>What JSON that was read takes in memory, which for lists of small values is many times its text.</summary>
internal static class JsonWeight
{
    private const int BytesOfAToken = 96;

    /// <summary>About how many bytes.</summary>
    public static long Of(JContainer json)
    {
        var bytes = 0L;
        foreach (var token in json.DescendantsAndSelf()) bytes += BytesOfAToken + (2L * (token is JProperty property ? property.Name.Length : token is JValue { Value: string text } ? text.Length : 0));
        return bytes;
    }

    /// <summary>About how many characters its text has, without making it; seldom more than it has.</summary>
    public static long TextOf(JContainer json)
    {
        var characters = 0L;
        foreach (var token in json.DescendantsAndSelf()) characters += 2 + (token is JProperty property ? property.Name.Length : token is JValue { Value: string text } ? text.Length : 0);
        return characters;
    }
}
