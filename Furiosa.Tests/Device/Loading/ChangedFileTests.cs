using Furiosa.Device.Execution;
using Furiosa.Device.Loading;
using Furiosa.Device.Models;
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
        using var directory = new TemporaryDirectory();
        foreach (var file in Directory.EnumerateFiles(Fixtures.Model("qwen3"))) File.Copy(file, Path.Combine(directory.Path, Path.GetFileName(file)));
        var weights = Path.Combine(directory.Path, "model.safetensors");
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = directory.Path, ComputeThreads = 1 });
        File.SetLastWriteTimeUtc(weights, File.GetLastWriteTimeUtc(weights).AddSeconds(-5));
        Assert.That(
            () => host.CreateStage(new StagePlacement(0, 0, 1, [new(0, 0)], [0]), 4).Dispose(),
            Throws.TypeOf<ModelFormatException>().With.Message.Contains("model.safetensors").And.Message.Contains("was written to"));
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
