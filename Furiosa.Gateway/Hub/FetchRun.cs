namespace Furiosa.Gateway.Hub;

/// <summary>Fetches files of one state of a model into the cache, several at once.</summary>
internal sealed class FetchRun(HubClient client, HubSettings settings, HubCache cache, HubModelName model, string commit, SemaphoreSlim connections, IHubProgress progress)
{
    private readonly HubDownload _download = new(client, settings, model, connections);

    public async Task AllAsync(IReadOnlyList<string> names, int atOnce, CancellationToken cancellation)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellation };
        var files = new HubFileInfo[names.Count];
        await Parallel.ForAsync(0, names.Count, options, async (i, token) => files[i] = await client.DescribeAsync(model, commit, names[i], token));
        await Parallel.ForEachAsync(files, options, async (file, token) => await OneAsync(file, token));
    }

    private async Task OneAsync(HubFileInfo file, CancellationToken cancellation)
    {
        var blob = cache.Blob(file.ETag);
        if (!File.Exists(blob))
        {
            using var held = await cache.LockAsync(file.ETag, cancellation);
            // Another process may have been faster.
            if (!File.Exists(blob))
            {
                progress.Begin(file.Name, file.Size);
                await _download.RunAsync(file, blob, bytes => progress.Add(file.Name, bytes), cancellation);
            }
        }
        cache.Link(commit, file.Name, file.ETag);
    }
}
