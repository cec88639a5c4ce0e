using System.Net;

namespace Furiosa.Gateway.Hub;

/// <summary>
/// Fetches one file's content: ranges in parallel, written in order, so that what a stopped download leaves is always the beginning of
/// the file and any tool can go on from it.
/// </summary>
internal sealed class HubDownload(HubClient client, HubSettings settings, HubModelName model, SemaphoreSlim connections)
{
    private const int ChunkBytes = 8 * 1024 * 1024;
    private const int ChunksAhead = 4;
    private const int Tries = 6;

    /// <summary>Fetches the content unless it is there; returns when it is complete and its checksum right.</summary>
    /// <param name="file">The file.</param>
    /// <param name="blob">Where its content belongs.</param>
    /// <param name="progress">Told the bytes that came.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="HubException">It cannot be fetched, or is not what the hub says it is.</exception>
    public async Task RunAsync(HubFileInfo file, string blob, Action<long> progress, CancellationToken cancellation)
    {
        var part = blob + ".incomplete";
        for (var attempt = 0; ; attempt++)
        {
            if (await FetchAsync(file, part, progress, cancellation)) break;
            File.Delete(part);
            if (attempt == 1) throw new HubException($"{file.Name} of {model.Repository} came twice with another content than its checksum {file.ETag} says: the hub or something on the way changes it.");
        }
        File.Move(part, blob, overwrite: true);
    }

    // Whether the content is whole and right.
    private async Task<bool> FetchAsync(HubFileInfo file, string part, Action<long> progress, CancellationToken cancellation)
    {
        await using var output = new FileStream(part, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        if (file.Size is not { } size)
        {
            output.SetLength(0);
            await CopyAsync(file, output, progress, cancellation);
            size = output.Length;
        }
        else
        {
            if (output.Length > size) output.SetLength(0);
            progress(output.Length);
            output.Seek(0, SeekOrigin.End);
            await FetchRangesAsync(file, size, output, progress, cancellation);
        }
        await output.FlushAsync(cancellation);
        return output.Length == size && await IsRightAsync(file, size, output, cancellation);
    }

    private static async Task<bool> IsRightAsync(HubFileInfo file, long size, FileStream content, CancellationToken cancellation)
    {
        using var hash = new ContentHash(file.ETag, size);
        content.Seek(0, SeekOrigin.Begin);
        var buffer = new byte[1024 * 1024];
        for (int count; (count = await content.ReadAsync(buffer, cancellation)) > 0;) hash.Append(buffer.AsSpan(0, count));
        return hash.Matches();
    }

    private async Task FetchRangesAsync(HubFileInfo file, long size, FileStream output, Action<long> progress, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var ahead = new Queue<Task<byte[]>>();
        var next = output.Position;
        try
        {
            while (output.Position < size)
            {
                while (next < size && ahead.Count < ChunksAhead)
                {
                    var (from, to) = (next, Math.Min(size, next + ChunkBytes));
                    ahead.Enqueue(FetchChunkAsync(file, from, to, size, progress, stop.Token));
                    next = to;
                }
                await output.WriteAsync(await ahead.Dequeue(), cancellation);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(ahead).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task<byte[]> FetchChunkAsync(HubFileInfo file, long from, long to, long size, Action<long> progress, CancellationToken cancellation)
    {
        await connections.WaitAsync(cancellation);
        try
        {
            var chunk = new byte[to - from];
            var count = 0;
            var pause = settings.Pause;
            for (var attempt = 1; count < chunk.Length; attempt++)
            {
                try
                {
                    var before = count;
                    var whole = from == 0 && to == size && count == 0;
                    using var response = await client.OpenAsync(file, from + count, whole ? null : to, model, cancellation);
                    count = await ReadAsync(file, response, chunk, count, from, progress, cancellation);
                    // A connection that brings something is as good as new.
                    if (count > before) (attempt, pause) = (0, settings.Pause);
                }
                catch (Exception error) when (HubClient.IsPassing(error, cancellation))
                {
                    if (attempt >= Tries) throw new HubException($"{file.Name} of {model.Repository} stops after {from + count} of {size} bytes ({error.Message}); what came is kept, so starting again goes on from there.", error);
                    await Task.Delay(pause, cancellation);
                    pause *= 2;
                }
            }
            return chunk;
        }
        finally
        {
            connections.Release();
        }
    }

    private async Task<int> ReadAsync(HubFileInfo file, HttpResponseMessage response, byte[] chunk, int count, long from, Action<long> progress, CancellationToken cancellation)
    {
        var position = from + count;
        // Who does not know ranges sends all of it: what lies before the position is passed over.
        var skip = response.StatusCode switch
        {
            HttpStatusCode.OK => position,
            HttpStatusCode.PartialContent when response.Content.Headers.ContentRange?.From is null || response.Content.Headers.ContentRange.From == position => 0,
            HttpStatusCode.RequestedRangeNotSatisfiable => throw new HubException($"{file.Name} of {model.Repository} is shorter than the hub says."),
            _ => throw new HttpRequestException($"the answer to a range is {(int)response.StatusCode}"),
        };
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        var scratch = skip > 0 ? new byte[64 * 1024] : [];
        while (skip > 0)
        {
            var passed = await Read(scratch.AsMemory(0, (int)Math.Min(skip, scratch.Length)));
            if (passed == 0) throw new IOException("the connection ended early");
            skip -= passed;
        }
        while (count < chunk.Length)
        {
            int more;
            try
            {
                more = await Read(chunk.AsMemory(count));
            }
            catch (Exception error) when (HubClient.IsPassing(error, cancellation))
            {
                more = 0;
            }
            if (more == 0) break;
            count += more;
            progress(more);
        }
        return count > position - from ? count : throw new IOException("the connection ended early");

        ValueTask<int> Read(Memory<byte> into) => new(body.ReadAsync(into, cancellation).AsTask().WaitAsync(settings.Patience, cancellation));
    }

    private async Task CopyAsync(HubFileInfo file, FileStream output, Action<long> progress, CancellationToken cancellation)
    {
        const long most = 256L * 1024 * 1024;
        using var response = await client.OpenAsync(file, 0, null, model, cancellation);
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        var buffer = new byte[64 * 1024];
        for (int count; (count = await body.ReadAsync(buffer, cancellation).AsTask().WaitAsync(settings.Patience, cancellation)) > 0;)
        {
            if (output.Length + count > most) throw new HubException($"{file.Name} of {model.Repository} is larger than a file whose size the hub does not say may be.");
            await output.WriteAsync(buffer.AsMemory(0, count), cancellation);
            progress(count);
        }
    }
}
