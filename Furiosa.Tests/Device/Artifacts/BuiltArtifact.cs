using Furiosa.Device.Artifacts;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Artifacts;

/// <summary>Builds artifacts into a directory of a test's own.</summary>
internal static class BuiltArtifact
{
    public static string Of(string model, TemporaryDirectory directory, int tensorParallel, Action<string>? layerDone = null, string quantization = "none")
    {
        var output = Directory.CreateDirectory(Path.Combine(directory.Path, "artifact")).FullName;
        var options = new ArtifactOptions { Model = model, Output = output, Name = "tiny", ProgramVersion = "1", Time = DateTimeOffset.UnixEpoch, TensorParallel = tensorParallel, ComputeThreads = 2, Quantization = quantization };
        ArtifactBuilder.Build(options, layerDone is null ? null : new Calls(layerDone));
        return output;
    }

    // Unlike Progress, on the caller's own thread and at once.
    private sealed class Calls(Action<string> call) : IProgress<string>
    {
        public void Report(string value) => call(value);
    }
}
