namespace Furiosa.Actors.Cluster;

/// <summary>
/// The device specification of a cluster: <c>npu:0:*</c> is of every device node, <c>host/npu:0:*</c> of the node with that name or host.
/// </summary>
internal static class ClusterDevices
{
    /// <summary>What of a specification is about one node; empty when nothing is.</summary>
    /// <param name="text">The specification.</param>
    /// <param name="names">The names of the node.</param>
    public static string Of(string text, params string?[] names)
    {
        var own = new List<string>();
        foreach (var item in text.Split(','))
        {
            var slash = item.IndexOf('/', StringComparison.Ordinal);
            if (slash < 0) own.Add(item);
            else if (names.Contains(item[..slash].Trim(), StringComparer.OrdinalIgnoreCase)) own.Add(item[(slash + 1)..]);
        }
        return string.Join(',', own);
    }
}
