using Furiosa.Device.Execution;
using Furiosa.Device.Kv;
using Furiosa.Device.Models;

namespace Furiosa.Actors.Hosting;

/// <summary>Opens the model that the options name on the compute threads that they allow.</summary>
internal static class ModelOpener
{
    public static IModelHost Open(RuntimeOptions options, IProgress<StartupProgress>? progress)
    {
        try
        {
            return ModelHost.Open(new ModelHostOptions
            {
                ModelDirectory = options.ModelDirectory,
                Dtype = WeightDtypes.Parse(options.Dtype),
                Quantization = WeightQuantizations.Parse(options.Quantization),
                Bf16Products = Bf16ProductsNames.Parse(options.Bf16Products),
                Bf16Weights = Bf16WeightsNames.Parse(options.Bf16Weights),
                KvCacheDtype = KvCacheDtypes.Parse(options.KvCacheDtype),
                MaxModelLen = options.MaxModelLen,
                RopePrecision = RopePrecisions.Parse(options.RopeFrequencies),
                ComputeThreads = options.ComputeThreads,
                TokenBytes = options.TokenBytes,
                WarmUp = options.WarmUp,
                ShardOpened = shard => progress?.Report(new(
                    StartupPhase.Model, $"Opened {Path.GetFileName(shard.File)}", (double)shard.Opened / shard.Total)),
            });
        }
        catch (Exception fault) when (fault is ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new RuntimeConfigurationException(fault.Message.ReplaceLineEndings(" "), fault);
        }
    }
}
