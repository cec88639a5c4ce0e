using System.Text.Json;
using Furiosa.Device.Loading;

namespace Furiosa.Gateway.Hub;

/// <summary>Gives the directory of a model on the hub, fetching what is not in the cache.</summary>
internal sealed class HubModels(HubSettings settings, IHubProgress progress)
{
    private const int FilesAtOnce = 4;
    private const int Connections = 8;

    /// <summary>Looks at a snapshot that has all but the weights; what it throws is thrown before any of them are fetched.</summary>
    public Action<string>? BeforeWeights { get; init; }

    /// <summary>The directory with a model's files.</summary>
    /// <param name="model">The model.</param>
    /// <param name="withWeights">Whether the weights are needed too.</param>
    /// <param name="cancellation">Stops it; what came is kept.</param>
    /// <returns>The snapshot's folder; of a model that is one GGUF file, that file.</returns>
    /// <exception cref="HubException">It cannot be had.</exception>
    public async Task<string> FetchAsync(HubModelName model, bool withWeights, CancellationToken cancellation)
    {
        var cache = new HubCache(settings.Cache, model);
        if (settings.IsOffline)
        {
            return Known(cache, model) ?? throw new HubException($"{model.Repository} is not in {settings.Cache}, and HF_HUB_OFFLINE forbids to fetch it: unset it once, or give a model that is there.");
        }
        using var client = new HubClient(settings);
        try
        {
            return await FetchAsync(client, cache, model, withWeights, cancellation);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new HubException($"{settings.Cache} cannot be written ({error.Message.TrimEnd('.')}): set HF_HOME to a folder with room that this user may write.", error);
        }
        catch (HubException error) when (error.InnerException is HttpRequestException or TimeoutException or OperationCanceledException && Known(cache, model) is { } known)
        {
            progress.Note($"{error.Message.Split(';')[0]}; using what was fetched before.");
            return known;
        }
    }

    // What was fetched before, as far as one can tell without asking: the description is there and so are the weights that it names.
    private static string? Known(HubCache cache, HubModelName model)
    {
        if (cache.KnownCommit() is not { } commit || !Directory.Exists(cache.Snapshot(commit))) return null;
        var folder = cache.Snapshot(commit);
        var gguf = GgufChoice.Files([.. Directory.EnumerateFiles(folder, "*.gguf", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/'))], model);
        if (gguf.Count > 0) return Path.Combine(folder, gguf[0]);
        if (File.Exists(Path.Combine(folder, "config.json")) || File.Exists(Path.Combine(folder, "artifact.json")) || File.Exists(Path.Combine(folder, "tokenizer.json"))) return folder;
        return null;
    }

    private async Task<string> FetchAsync(HubClient client, HubCache cache, HubModelName model, bool withWeights, CancellationToken cancellation)
    {
        var (commit, all) = await client.ListAsync(model, cancellation);
        var folder = cache.Snapshot(commit);
        Directory.CreateDirectory(folder);
        using var connections = new SemaphoreSlim(Connections);
        var fetch = new FetchRun(client, settings, cache, model, commit, connections, progress);
        var descriptions = HubFiles.Descriptions(all);
        var weights = HubFiles.Weights(all);
        // A repository that holds a model in both forms is served from safetensors, unless a GGUF file is named.
        var isGguf = model.Variant is not null || (weights.Count == 0 && !all.Contains("artifact.json") && (withWeights || !HubFiles.HasTokenizer(all)));
        var gguf = isGguf ? GgufChoice.Files(all, model) : [];
        if (gguf.Count > 0 || !withWeights) weights = [];
        if (descriptions.Count == 0 && gguf.Count == 0) throw new HubException($"{model.Repository} holds no model that can be served: it has neither config.json nor a GGUF file.");
        var index = withWeights && gguf.Count == 0 && all.Contains(HubFiles.WeightIndex);
        await fetch.AllAsync([.. gguf.Count > 0 ? [] : descriptions, .. gguf, .. index ? new[] { HubFiles.WeightIndex } : []], FilesAtOnce, cancellation);
        if (index) weights = ReadIndex(Path.Combine(folder, HubFiles.WeightIndex), all, model);
        if (withWeights && weights.Count == 0 && gguf.Count == 0 && !all.Contains("artifact.json"))
            throw new HubException($"{model.Repository} has no safetensors files: weights in other forms (such as PyTorch's .bin) are not read.");
        if (withWeights && all.Contains("artifact.json")) weights = [.. weights, .. all.Where(name => !name.Contains('/') && name.EndsWith(".bin", StringComparison.Ordinal))];
        if (weights.Count > 0) BeforeWeights?.Invoke(folder);
        await fetch.AllAsync(weights, FilesAtOnce, cancellation);
        cache.Remember(commit);
        progress.Done();
        return gguf.Count == 0 ? folder : Path.Combine(folder, gguf[0]);
    }

    private static List<string> ReadIndex(string path, IReadOnlyList<string> all, HubModelName model)
    {
        try
        {
            var map = JsonDocumentFile.ReadObject(path).GetProperty("weight_map");
            var names = map.EnumerateObject().Select(entry => entry.Value.GetString() ?? "").Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
            return names.Find(name => !all.Contains(name)) is { } missing
                ? throw new HubException($"{model.Repository} is incomplete: its index names {missing}, which it does not hold.")
                : names;
        }
        catch (Exception error) when (error is ModelFormatException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new HubException($"{model.Repository} has an index of weights ({HubFiles.WeightIndex}) that cannot be read.", error);
        }
    }
}
