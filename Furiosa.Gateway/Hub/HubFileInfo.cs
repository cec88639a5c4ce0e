namespace Furiosa.Gateway.Hub;

/// <summary>What the hub says of one file.</summary>
/// <param name="Name">Its path in the repository.</param>
/// <param name="Commit">The state of the files that it belongs to.</param>
/// <param name="ETag">Its content's checksum: SHA-256 of large files, git's SHA-1 of small ones.</param>
/// <param name="Size">Its length in bytes; null where the hub does not say.</param>
/// <param name="Address">Where its content is.</param>
internal sealed record HubFileInfo(string Name, string Commit, string ETag, long? Size, Uri Address);
