namespace Furiosa.Gateway.LoadBench;

/// <summary>Sends requests when they are due, never more at once than allowed.</summary>
internal static class LoadRun
{
    /// <summary>Runs the load to its end.</summary>
    /// <param name="client">Where requests go.</param>
    /// <param name="requests">What is sent.</param>
    /// <param name="options">When, and how many at once.</param>
    /// <param name="finished">Told the number of ended requests after each.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <exception cref="HttpRequestException">No server answers.</exception>
    public static async Task<LoadOutcome> RunAsync(
        LoadClient client, IReadOnlyList<LoadRequest> requests, LoadOptions options, IProgress<int>? finished, CancellationToken cancellation)
    {
        await client.CheckAsync(cancellation);
        for (var i = 0; i < options.Warmups && requests.Count > 0; i++) await client.SendAsync(requests[i % requests.Count], cancellation);
        var due = Arrivals.Times(requests.Count, options.RateAt, options.Burstiness, options.Seed);
        using var room = options.MaxConcurrency is { } most ? new SemaphoreSlim(most, most) : null;
        var began = client.Now;
        var ended = 0;
        var running = new List<Task<LoadResult>>(requests.Count);
        for (var i = 0; i < requests.Count; i++)
        {
            var wait = began + due[i] - client.Now;
            if (wait > 0) await Task.Delay(TimeSpan.FromSeconds(wait), cancellation);
            if (room is not null) await room.WaitAsync(cancellation);
            running.Add(SendAsync(requests[i]));
        }
        var results = await Task.WhenAll(running);
        return new LoadOutcome(results, began, client.Now - began);

        async Task<LoadResult> SendAsync(LoadRequest request)
        {
            try
            {
                return await client.SendAsync(request, cancellation);
            }
            finally
            {
                room?.Release();
                finished?.Report(Interlocked.Increment(ref ended));
            }
        }
    }
}

/// <summary>What a run gave.</summary>
/// <param name="Results">One for each request, in the order of sending.</param>
/// <param name="Began">When it began, in the time of the results.</param>
/// <param name="Duration">How long it took, in seconds.</param>
internal sealed record LoadOutcome(IReadOnlyList<LoadResult> Results, double Began, double Duration);
