using Furiosa.Actors.Hosting;

namespace Furiosa.Gateway.Health;

/// <summary>Tells the progress of the start to the log of the server and to whoever else watches.</summary>
internal sealed class StartupWatch(StartupLog log, IProgress<StartupProgress>? other) : IProgress<StartupProgress>
{
    public void Report(StartupProgress value)
    {
        log.Report(value);
        other?.Report(value);
    }
}
