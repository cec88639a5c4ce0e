namespace Furiosa.Actors.Hosting;

/// <summary>Counts the layers that the stages report as ready. Called from the threads that make them.</summary>
internal sealed class LayerProgress(IProgress<StartupProgress>? progress, int layerCount) : IProgress<string>
{
    private int _ready;

    public void Report(string value)
    {
        var ready = Interlocked.Increment(ref _ready);
        // Groups that are made again after a fault report once more; by then nobody watches the start.
        if (ready <= layerCount) progress?.Report(new(StartupPhase.Stages, $"Packing weights: {value}", (double)ready / layerCount));
    }
}
