using System.Buffers.Binary;
using System.Globalization;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.EndToEnd;

/// <summary>The table that the program prints at its start says what the model's files hold.</summary>
[TestFixture]
public sealed class StartupTableTests
{
    private const int KvHeads = 4;

    // Cells have one decimal.
    private const double Rounding = 0.051;

    [TestCase(1, 1, 1)]
    [TestCase(8, 1, 1)]
    [TestCase(2, 2, 2)]
    public async Task Table_Weights_AreTheFiles(int tensor, int pipeline, int data)
    {
        await using var server = await ServerProcess.StartAsync("-tp", $"{tensor}", "-pp", $"{pipeline}", "-dp", $"{data}", "--bf16-weights", "plain");
        var table = Table(server.Output);

        var (kv, others, embedding) = FileMebibytes();
        var owners = Math.Min(tensor, KvHeads);
        var pes = table.Where(row => row.Key.StartsWith("npu:", StringComparison.Ordinal)).ToList();
        Assert.That(pes, Has.Count.EqualTo(tensor * pipeline * data));
        for (var i = 0; i < pes.Count; i++)
        {
            // A KV head that several PEs read is held by the first of them. The embedding is the output head too (tied); as such each PE
            // of the last stage holds its rows.
            var isLast = i / tensor % pipeline == pipeline - 1;
            var isOwner = i % tensor % (tensor / owners) == 0;
            var expected = (others / pipeline / tensor) + (isOwner ? kv / pipeline / owners : 0) + (isLast ? embedding / tensor : 0);
            Assert.That(pes[i].Value.Weights, Is.EqualTo(expected).Within(Rounding), pes[i].Key);
        }
        Assert.That(table["shared"].Weights, Is.EqualTo(embedding).Within(Rounding));
        Assert.That(table["sum"].Weights, Is.EqualTo((data * (kv + others + embedding)) + embedding).Within(Rounding));
        Assert.That(table["sum"].Kv, Is.EqualTo(pes.Sum(pe => pe.Value.Kv)).Within(Rounding * 1024));
    }

    // Columns are parted by two spaces or more; sizes stand last.
    private static Dictionary<string, (double Weights, double Kv)> Table(IEnumerable<string> output) => output
        .Select(line => line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        .Where(cells => cells is [['n', 'p', 'u', ':', ..], ..] or ["shared", ..] or ["sum", ..])
        .ToDictionary(cells => cells[0], cells => cells[0] == "shared" ? (Mebibytes(cells[^1]), 0) : (Mebibytes(cells[^2]), Mebibytes(cells[^1])));

    private static double Mebibytes(string cell)
    {
        var (number, unit) = (double.Parse(cell.Split(' ')[0], CultureInfo.InvariantCulture), cell.Split(' ')[1]);
        return unit switch { "B" => number / 1048576, "KiB" => number / 1024, "MiB" => number, "GiB" => number * 1024, _ => throw new FormatException(cell) };
    }

    /// <summary>Matrices of the layers, apart those of keys and values, and the embedding, as the shards' own headers count them.</summary>
    private static (double Kv, double Others, double Embedding) FileMebibytes()
    {
        var tensors = Directory.GetFiles(TestPaths.DemoModel, "model-*.safetensors").SelectMany(Tensors).ToList();
        double Sum(Func<string, bool> which) => tensors.Where(tensor => which(tensor.Name)).Sum(tensor => tensor.Bytes) / 1048576.0;
        var kv = Sum(name => name.Contains("k_proj.", StringComparison.Ordinal) || name.Contains("v_proj.", StringComparison.Ordinal));
        return (kv, Sum(name => name.Contains("_proj.", StringComparison.Ordinal)) - kv, Sum(name => name.Contains("embed_tokens", StringComparison.Ordinal)));
    }

    private static IEnumerable<(string Name, long Bytes)> Tensors(string file)
    {
        using var stream = File.OpenRead(file);
        var length = new byte[8];
        stream.ReadExactly(length);
        var header = new byte[BinaryPrimitives.ReadInt64LittleEndian(length)];
        stream.ReadExactly(header);
        return JObject.Parse(System.Text.Encoding.UTF8.GetString(header)).Properties().Where(property => property.Name != "__metadata__")
            .Select(property => (property.Name, (long)property.Value["data_offsets"]![1]! - (long)property.Value["data_offsets"]![0]!)).ToList();
    }
}
