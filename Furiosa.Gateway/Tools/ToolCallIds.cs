using System.Security.Cryptography;

namespace Furiosa.Gateway.Tools;

/// <summary>Makes the ids of calls.</summary>
internal static class ToolCallIds
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    /// <summary>A fresh id that the parser's family of models accepts in a later prompt.</summary>
    public static string New(string parser) =>
        // Mistral's templates refuse ids that are not nine letters or digits.
        parser == "mistral" ? RandomNumberGenerator.GetString(Letters, 9) : "chatcmpl-tool-" + Guid.NewGuid().ToString("N");
}
