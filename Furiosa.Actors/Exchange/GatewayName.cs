using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Furiosa.Actors.Exchange;

/// <summary>Names a gateway's process so that every node comes to the same name for it, and to another one for the process after it.</summary>
internal static class GatewayName
{
    private const int Bytes = 6;

    /// <param name="node">The node's name.</param>
    /// <param name="process">Which process of that name.</param>
    public static string Of(string node, long process) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{node}#{process}"))).AsSpan(0, Bytes));
}
