namespace Furiosa.Actors.Hosting;

/// <summary>
/// Keeps what is needed to begin a request again, on several nodes and for a limited time, so that its client may come back to another
/// gateway when its own has died.
/// </summary>
public interface IRequestArchive
{
    /// <summary>Keeps a record; returns when the other nodes have it, or have had their time.</summary>
    /// <param name="id">Its name, not to be guessed.</param>
    /// <param name="record">What is kept.</param>
    Task KeepAsync(string id, byte[] record);

    /// <summary>Finds a record on any node; null when none has it (any more).</summary>
    /// <param name="id">Its name.</param>
    Task<byte[]?> FindAsync(string id);
}
