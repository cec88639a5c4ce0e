using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Furiosa.Device.Execution;
using Furiosa.Device.Loading;
using Furiosa.Device.Models;

namespace Furiosa.Device.Artifacts;

/// <summary>Packs a model once and for all into a directory that <c>serve</c> maps.</summary>
public sealed class ArtifactBuilder
{
    private const long ShardBytes = 4L << 30;
    private readonly ArtifactOptions _options;
    private readonly ModelDirectory _model;
    private readonly ModelConfig _config;

    private ArtifactBuilder(ArtifactOptions options)
    {
        _options = options;
        _model = ModelDirectory.Open(options.Model);
        if (ArtifactManifest.Read(options.Model) is not null) throw new ModelFormatException(options.Model, null, "is an artifact already", "build from the model that it was made of");
        _config = ModelConfig.Read(_model);
    }

    /// <summary>Writes everything but the files of the text side.</summary>
    /// <param name="options">From what, to where, and how.</param>
    /// <param name="progress">Told after each layer.</param>
    /// <returns>Bytes of the packed weights.</returns>
    /// <exception cref="ModelFormatException">The model cannot be used.</exception>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    public static long Build(ArtifactOptions options, IProgress<string>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new ArtifactBuilder(options).Build(progress);
    }

    private long Build(IProgress<string>? progress)
    {
        using var store = _model.OpenTensors();
        using var shards = new ArtifactShards(_options.Output, ShardBytes);
        using var team = new ComputeTeam(_options.ComputeThreads);
        var tensors = new DecoderTensors(store, _config);
        Pack(new WeightPacker(tensors, _config, WeightDtypes.Parse(_options.Dtype), WeightQuantizations.Parse(_options.Quantization), team) { Recorder = shards, Compresses = Bf16WeightsNames.Parse(_options.Bf16Weights).Compresses() }, progress);
        WritePlain(store, [.. store.Names.Where(name => !shards.PackedTensors.Contains(store.Find(name)!.Name) || store.Find(name) == tensors.Embedding)]);
        var table = new JsonObject();
        foreach (var name in store.Names.Where(name => shards.PackedTensors.Contains(store.Find(name)!.Name)))
        {
            var tensor = store.Find(name)!;
            table[name] = new JsonObject { ["dtype"] = tensor.Type.ToString(), ["shape"] = new JsonArray([.. tensor.Shape.Select(size => (JsonNode)size)]) };
        }

        // Before the manifest, without which nothing serves what was written.
        store.EnsureUnchanged();
        WriteManifest(shards.Finish(table));
        return shards.Bytes;
    }

    private void Pack(WeightPacker packer, IProgress<string>? progress)
    {
        var tp = _options.TensorParallel;
        var shares = PeShare.Of(_config, tp, Enumerable.Range(0, tp));
        for (var layer = 0; layer < _config.LayerCount; layer++)
        {
            foreach (var share in shares) packer.PackLayer(layer, [share], tp)[0].Dispose();
            packer.PackRouter(layer)?.Dispose();
            progress?.Report($"layer {layer + 1} of {_config.LayerCount}");
        }

        foreach (var share in shares) packer.PackHead(share).Dispose();
    }

    /// <summary>What is read as it is (the embedding, norms, biases), as safetensors: BF16 where it was, else float.</summary>
    private void WritePlain(TensorStore store, string[] names)
    {
        var header = new JsonObject();
        var offset = 0L;
        foreach (var name in names)
        {
            var tensor = store.Find(name)!;
            var bytes = tensor.ElementCount * (IsPlain(tensor) ? tensor.Type.Size() : sizeof(float));
            header[name] = new JsonObject
            {
                ["dtype"] = IsPlain(tensor) ? NameOf(tensor.Type) : "F32", ["shape"] = new JsonArray([.. tensor.Shape.Select(size => (JsonNode)size)]),
                ["data_offsets"] = new JsonArray(offset, offset + bytes),
            };
            offset += bytes;
        }

        using var file = new FileStream(Path.Combine(_options.Output, TensorStore.SingleFile), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
        var text = Encoding.UTF8.GetBytes(header.ToJsonString());
        file.Write(BitConverter.GetBytes((ulong)((text.Length + 7) & ~7)));
        file.Write(text);
        while (file.Position % 8 != 0) file.WriteByte((byte)' ');
        foreach (var name in names) WriteRows(file, store.Find(name)!);
    }

    private static unsafe void WriteRows(FileStream file, TensorView tensor)
    {
        if (IsPlain(tensor))
        {
            for (var at = 0L; at < tensor.ByteLength; at += 1 << 24) file.Write(new ReadOnlySpan<byte>(tensor.Data + at, (int)Math.Min(1 << 24, tensor.ByteLength - at)));
            return;
        }

        var row = new float[tensor.ColumnCount];
        for (var index = 0L; index < tensor.RowCount; index++)
        {
            tensor.ReadRow(index, row);
            file.Write(MemoryMarshal.AsBytes<float>(row));
        }
    }

    private static bool IsPlain(TensorView tensor) => tensor.Decoder is null;

    private static string NameOf(TensorType type) => TensorTypes.NameOf(type);

    private void WriteManifest(string digest)
    {
        var config = _model.ReadJson(ModelDirectory.ConfigFile);
        var configText = JsonSerializer.Serialize(config, Indented);
        var fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(configText + digest)));
        var manifest = new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["artifact_id"] = Guid.NewGuid().ToString(), ["name"] = _options.Name, ["timestamp"] = _options.Time.ToUnixTimeSeconds(),
                ["furiosa_llm_version"] = _options.ProgramVersion, ["furiosa_compiler_version"] = $"panels {ArtifactManifest.Version}",
            },
            ["devices"] = string.Join(",", Enumerable.Range(0, _options.TensorParallel).Select(pe => $"cpu:0:{pe}")),
            ["generator_config"] = new JsonObject { ["max_position_embeddings"] = _config.MaxPositionEmbeddings },
            ["hf_config"] = JsonNode.Parse(configText),
            ["model_metadata"] = new JsonObject
            {
                ["pretrained_id"] = _options.Name, ["architecture"] = _config.Architecture, ["task_type"] = "text-generation", ["dtype"] = _options.Dtype,
                ["quantization"] = _options.Quantization,
            },
            ["model_rewriting_config"] = new JsonObject { ["panels_of"] = 32 },
            ["parallel_config"] = new JsonObject { ["tensor_parallel_size"] = _options.TensorParallel, ["pipeline_parallel_size"] = 1 },
            ["pipelines"] = new JsonArray(),
            [ArtifactManifest.Key] = new JsonObject
            {
                ["version"] = ArtifactManifest.Version, ["tensor_parallel_size"] = _options.TensorParallel, ["dtype"] = _options.Dtype,
                ["quantization"] = _options.Quantization, ["fingerprint"] = fingerprint,
            },
        };
        File.WriteAllText(Path.Combine(_options.Output, ModelDirectory.ConfigFile), WithoutQuantization(configText));
        if (_model.Has(GenerationConfig.FileName))
            File.WriteAllText(Path.Combine(_options.Output, GenerationConfig.FileName), JsonSerializer.Serialize(_model.ReadJson(GenerationConfig.FileName), Indented));
        File.WriteAllText(Path.Combine(_options.Output, ArtifactManifest.FileName), manifest.ToJsonString(Indented));
    }

    private static JsonSerializerOptions Indented { get; } = new() { WriteIndented = true };

    // What is packed is no longer in the checkpoint's own quantised form.
    private static string WithoutQuantization(string config)
    {
        var root = JsonNode.Parse(config)!.AsObject();
        root.Remove("quantization_config");
        return root.ToJsonString(Indented);
    }
}
