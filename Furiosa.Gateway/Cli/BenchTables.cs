using System.Globalization;
using System.Text;
using Furiosa.Device.Benchmarks;
using Furiosa.Gateway.Configuration;
using Newtonsoft.Json;
using Newtonsoft.Json.Converters;
using Newtonsoft.Json.Serialization;

namespace Furiosa.Gateway.Cli;

/// <summary>Shows benchmark reports as text or JSON.</summary>
internal static class BenchTables
{
    private static readonly JsonSerializerSettings Settings = new()
    {
        ContractResolver = new DefaultContractResolver { NamingStrategy = new SnakeCaseNamingStrategy() },
        Converters = { new StringEnumConverter(new SnakeCaseNamingStrategy()) },
        Formatting = Formatting.Indented,
    };

    public static string Json(object report) => JsonConvert.SerializeObject(report, Settings) + "\n";

    public static string Text(BenchmarkReport report)
    {
        var text = Head(report.Threads, report.InstructionSet, report.Ceilings, report.BestCeilings);
        text.AppendLine($"KV cache {report.KvCacheDtype}");
        text.AppendLine("quantization  work                tokens/s      best     GB/s  of read   GMAC/s  products  attention  other");
        foreach (var model in report.Models)
        {
            string name = model.Quantization;
            Line(text, name, "prefill", model.Prefill);
            foreach (var decode in model.Decodes) Line(text, name, $"decode x {decode.Sequences}", decode);
            text.AppendLine(CultureInfo.InvariantCulture, $"{name,-13} loaded in {model.LoadSeconds:F1} s, packed weights {ByteSize.Show(model.WeightBytes)}");
        }

        return text.ToString();
    }

    public static string Text(KernelReport report)
    {
        var text = Head(report.Threads, report.InstructionSet, report.Ceilings, report.BestCeilings);
        text.AppendLine("format       rows     GB/s  of read   GMAC/s     best");
        foreach (var kernel in report.Kernels)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture, $"{kernel.Format,-10} {kernel.Rows,6} {kernel.Gigabytes,8:F1} {kernel.OfRead,8:F2} {kernel.Gigamacs,8:F0} {kernel.BestGigamacs,8:F0}");
        }

        return text.ToString();
    }

    private static StringBuilder Head(int threads, string instructions, MachineCeilings ceilings, MachineCeilings best) => new StringBuilder().AppendLine(
        CultureInfo.InvariantCulture,
        $"{threads} threads, {instructions}; ceilings, median (best): read {ceilings.ReadGigabytes:F1} ({best.ReadGigabytes:F1}) GB/s, float {ceilings.FloatGigamacs:F0} ({best.FloatGigamacs:F0}) GMAC/s, byte {ceilings.ByteGigamacs:F0} ({best.ByteGigamacs:F0}) GMAC/s");

    private static void Line(StringBuilder text, string name, string work, WorkFigures figures) => text.AppendLine(
        CultureInfo.InvariantCulture,
        $"{name,-13} {work,-16} {figures.TokensPerSecond,11:F1} {figures.BestTokensPerSecond,9:F1} {figures.Gigabytes,8:F1} {figures.OfRead,8:F2} {figures.Gigamacs,8:F0} {figures.Shares.Products,9:P0} {figures.Shares.Attention,10:P0} {figures.Shares.Other,6:P0}");
}
