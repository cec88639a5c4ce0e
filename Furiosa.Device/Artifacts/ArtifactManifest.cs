using Furiosa.Device.Loading;

namespace Furiosa.Device.Artifacts;

/// <summary>What the <c>artifact.json</c> of a directory that <c>furiosa-llm build</c> wrote says about its packed weights.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="TensorParallel">The tensor parallelism that shares were cut for; pipeline and data parallelism are free.</param>
/// <param name="Dtype">How weights are kept, as in <c>--dtype</c>.</param>
/// <param name="Quantization">How they were quantised, as in <c>--quantization</c>.</param>
/// <param name="Fingerprint">A digest of configuration and weights.</param>
public sealed record ArtifactManifest(string Name, int TensorParallel, string Dtype, string Quantization, string Fingerprint)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "artifact.json";

    /// <summary>The form of packed weights that this program writes.</summary>
    internal const int Version = 3;

    /// <summary>The oldest form that it reads: without compressed matrices. Codes have been in another order before version 3 (<see cref="PackedEntry"/>).</summary>
    private const int OldestVersion = 1;

    /// <summary>The key of this program's own part.</summary>
    internal const string Key = "packed";

    private static readonly string[] Marks = ["binary_bundle.zip", "ready"];

    private const string ForHardware =
        "is compiled for FuriosaAI's RNGD hardware, whose programs run on that card alone; serve the Hugging Face model that it was built from, or build an artifact from it with 'furiosa-llm build MODEL OUTPUT'";

    /// <summary>Reads the manifest of a directory, or gives null where it is no artifact of this program.</summary>
    /// <param name="directory">The directory.</param>
    /// <exception cref="ModelFormatException">It is malformed or of another version.</exception>
    public static ArtifactManifest? Read(string directory)
    {
        var path = Path.Combine(directory, FileName);
        if (!File.Exists(path)) return null;
        var root = JsonDocumentFile.ReadObject(path);
        var problems = new List<string>();
        var fields = new JsonFields(root, problems);
        if (fields.Object(Key) is not { } packed) return null;
        if (packed.Int("version", 0, int.MaxValue) is var version && version is not (>= OldestVersion and <= Version))
            throw new ModelFormatException(path, $"{Key}.version", $"is {version?.ToString() ?? "missing"}", $"this program reads versions {OldestVersion} to {Version}: build the artifact again");
        var manifest = new ArtifactManifest(
            fields.Object("metadata")?.Text("name") ?? new DirectoryInfo(directory).Name, packed.RequiredInt("tensor_parallel_size", 1, 8),
            packed.Text("dtype") ?? "auto", packed.Text("quantization") ?? "none", packed.Text("fingerprint") ?? "");
        if (manifest.TensorParallel is not (1 or 2 or 4 or 8)) packed.Problem("tensor_parallel_size", $"is {manifest.TensorParallel}, but must be 1, 2, 4 or 8");
        return problems.Count == 0 ? manifest : throw new ModelFormatException($"{path}: {string.Join("; ", problems)}");
    }

    /// <summary>Refuses a file or directory that holds programs for RNGD hardware and no weights beside them.</summary>
    /// <param name="path">The file or directory.</param>
    /// <exception cref="ModelFormatException">It does.</exception>
    public static void RefuseForeign(string path)
    {
        if (File.Exists(path) && path.EndsWith(".fxb", StringComparison.OrdinalIgnoreCase)) throw new ModelFormatException($"{path} {ForHardware}");
        if (!Directory.Exists(path) || HasWeights(path)) return;
        var manifest = Path.Combine(path, FileName);
        if (File.Exists(manifest) && Read(path) is null) throw new ModelFormatException($"{manifest} {ForHardware}");
        string[] signs = [.. Directory.EnumerateFiles(path, "*.fxb"), .. Marks.Select(mark => Path.Combine(path, mark)).Where(File.Exists)];
        if (signs.Length > 0) throw new ModelFormatException($"{signs[0]} {ForHardware}");
    }

    // Repositories of such artifacts may hold the model's own weights too, which are served.
    private static bool HasWeights(string directory) => File.Exists(Path.Combine(directory, ModelDirectory.ConfigFile))
        && (File.Exists(Path.Combine(directory, TensorStore.SingleFile)) || File.Exists(Path.Combine(directory, TensorStore.IndexFile)));
}
