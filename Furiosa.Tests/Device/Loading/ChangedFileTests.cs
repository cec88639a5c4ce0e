using Furiosa.Device.Execution;
using Furiosa.Device.Loading;
using Furiosa.Device.Models;
using Furiosa.Tests.Device.Artifacts;
using Furiosa.Tests.Device.Loading.Gguf;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Loading;

/// <summary>Weight files that are written to or cut short while they are in use: an error, not the end of the process.</summary>
public sealed class ChangedFileTests
{
    [Test]
    public void Embedding_OfASafetensorsFileCutShort_IsAnError()
    {
        using var directory = new TemporaryDirectory();
        var bytes = new byte[4096 * 64 * 2];
        Random.Shared.NextBytes(bytes);
        var path = directory.Write("model.safetensors", SafetensorsWriter.Write(("embed", "BF16", [4096, 64], bytes)));
        ReadThenCut(path, directory.Path, "embed", 4096, 64);
    }

    [Test]
    public void Embedding_OfAGgufFileCutShort_IsAnError()
    {
        using var directory = new TemporaryDirectory();
        var whole = new GgufWriter().Set("general.architecture", "llama").Set("llama.block_count", 1).Set("llama.embedding_length", 64).Set("llama.attention.head_count", 2)
            .Set("llama.feed_forward_length", 64).Add("token_embd.weight", [4096, 64], 8, GgufRowsTests.Blocks("Q8_0", 34, 4096 * 2, 1)).Write();
        var path = directory.Write("model.gguf", whole);
        ReadThenCut(path, path, "model.embed_tokens.weight", 4096, 64);
    }

    [Test]
    public void Open_ModelWrittenToBeforeItIsPacked_IsRefused()
    {
        using var directory = CopyOfModel();
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = directory.Path, ComputeThreads = 1 });
        Touch(directory);
        Assert.That(
            () => host.CreateStage(new StagePlacement(0, 0, 1, [new(0, 0)], [0]), new(4)).Dispose(),
            Throws.TypeOf<ModelFormatException>().With.Message.Contains("model.safetensors").And.Message.Contains("was written to"));
    }

    [Test]
    public void Open_ModelWrittenToAfterItIsPacked_IsRefusedForWhatIsReadAgain()
    {
        using var directory = CopyOfModel();
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = directory.Path, ComputeThreads = 1 });
        var placement = new StagePlacement(0, 0, 1, [new(0, 0)], [0]);
        host.CreateStage(placement, new(4)).Dispose();
        Touch(directory);

        // All layers and the head are packed: what is read is the final norm.
        Assert.That(() => host.CreateStage(placement, new(4)).Dispose(), Throws.TypeOf<ModelFormatException>().With.Message.Contains("was written to"));
    }

    [Test]
    public void Head_OfAModelWrittenToBeforeItIsPacked_IsRefused()
    {
        using var directory = CopyOfModel();
        var model = ModelDirectory.Open(directory.Path);
        var config = ModelConfig.Read(model);
        using var store = model.OpenTensors();
        using var team = new ComputeTeam(1);
        var tensors = new DecoderTensors(store, config);
        using var cache = new WeightCache(new WeightPacker(tensors, config, WeightDtype.Auto, WeightQuantization.None, team), tensors, config);
        Touch(directory);

        Assert.That(() => cache.Head(PeShare.Of(config, 1, [0])[0]), Throws.TypeOf<ModelFormatException>().With.Message.Contains("was written to"));
    }

    [Test]
    public void Build_OfAModelThatIsWrittenTo_IsRefused()
    {
        using var directory = CopyOfModel();
        using var output = new TemporaryDirectory();

        Assert.That(
            () => BuiltArtifact.Of(directory.Path, output, tensorParallel: 1, layerDone: _ => Touch(directory)),
            Throws.TypeOf<ModelFormatException>().With.Message.Contains("was written to"));
        Assert.That(File.Exists(Path.Combine(output.Path, "artifact", "artifact.json")), Is.False);
    }

    private static TemporaryDirectory CopyOfModel()
    {
        var directory = new TemporaryDirectory();
        foreach (var file in Directory.EnumerateFiles(Fixtures.Model("qwen3"))) File.Copy(file, Path.Combine(directory.Path, Path.GetFileName(file)));
        return directory;
    }

    private static void Touch(TemporaryDirectory model)
    {
        var weights = Path.Combine(model.Path, "model.safetensors");
        File.SetLastWriteTimeUtc(weights, File.GetLastWriteTimeUtc(weights).AddSeconds(-5));
    }

    private static void ReadThenCut(string file, string model, string name, int rows, int columns)
    {
        using var store = TensorStore.Open(model);
        var tensor = store.Find(name)!;
        var table = new EmbeddingTable(tensor, WeightDtype.Auto);
        float[] row = new float[columns], expected = new float[columns];
        for (var i = 0; i < rows; i += 511)
        {
            table.Read(i, row);
            tensor.ReadRow(i, expected);
            Assert.That(row, Is.EqualTo(expected));
        }

        using (var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) stream.SetLength(8192);
        Assert.That(() => table.Read(rows - 1, row), Throws.TypeOf<ModelFormatException>().With.Message.Contains("was written to"));
        Assert.That(store.EnsureUnchanged, Throws.TypeOf<ModelFormatException>());
    }
}
