namespace Furiosa.Gateway.Hub;

/// <summary>
/// One model's folder in the hub's cache, laid out as Hugging Face's tools do: <c>blobs</c> named by checksum, <c>snapshots/COMMIT</c> with
/// links to them, <c>refs/BRANCH</c> with a commit, and locks beside.
/// </summary>
internal sealed class HubCache(string root, HubModelName model)
{
    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(100);
    private readonly string _folder = Path.Combine(root, model.Folder);

    /// <summary>The folder of one state of the files.</summary>
    public string Snapshot(string commit) => Path.Combine(_folder, "snapshots", commit);

    /// <summary>Where the content with that checksum is, or will be.</summary>
    public string Blob(string etag) => Path.Combine(_folder, "blobs", etag);

    /// <summary>The commit that the revision was when it was last asked for; null where it never was.</summary>
    public string? KnownCommit()
    {
        if (model.IsCommit) return model.Revision;
        var file = Path.Combine(_folder, "refs", model.Revision);
        return File.Exists(file) && File.ReadAllText(file).Trim() is { Length: 40 } commit && commit.All(char.IsAsciiHexDigit) ? commit : null;
    }

    /// <summary>Notes the commit that the revision is now.</summary>
    public void Remember(string commit)
    {
        if (model.IsCommit) return;
        var file = Path.Combine(_folder, "refs", model.Revision);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        if (KnownCommit() != commit) File.WriteAllText(file, commit);
    }

    /// <summary>Puts a file into a snapshot: a relative link to its content, so that the cache can be moved.</summary>
    public void Link(string commit, string name, string etag)
    {
        var link = Path.Combine(Snapshot(commit), name);
        Directory.CreateDirectory(Path.GetDirectoryName(link)!);
        var target = Path.GetRelativePath(Path.GetDirectoryName(link)!, Blob(etag));
        var current = new FileInfo(link);
        if (current.LinkTarget == target) return;
        if (current.Exists || current.LinkTarget is not null) current.Delete();
        File.CreateSymbolicLink(link, target);
    }

    /// <summary>Waits until no other process fetches the same content.</summary>
    public async Task<IDisposable> LockAsync(string etag, CancellationToken cancellation)
    {
        var file = Path.Combine(root, ".locks", model.Folder, etag + ".lock");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        Directory.CreateDirectory(Path.Combine(_folder, "blobs"));
        while (true)
        {
            try
            {
                // On Unix this is flock, which Python's filelock takes too.
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException error) when (IsTaken(error))
            {
                await Task.Delay(LockPoll, cancellation);
            }
        }
    }

    // Errors of Linux and of macOS; a full disk or one that cannot be written to would be waited for without end.
    private static bool IsTaken(IOException error) => error.HResult is 11 or 35;
}
