using System.CommandLine;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text.Json;
using Furiosa.Gateway.Health;

namespace Furiosa.Gateway.Cli;

/// <summary><c>furiosa-llm collect-env</c>: what a bug report needs to say of the machine. It tells no secret: settings from the environment by name alone.</summary>
internal static class CollectEnvCommand
{
    public const string Name = "collect-env";
    private const string SettingPrefix = "FURIOSA_";
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command(Name, "Tell of this machine what a bug report needs.") { json };
        command.SetAction(parsed =>
        {
            var facts = Collect();
            if (parsed.GetValue(json))
            {
                Console.Out.WriteLine(JsonSerializer.Serialize(facts.ToDictionary(fact => fact.Name, fact => fact.Value), Indented));
                return;
            }
            var width = facts.Max(fact => fact.Name.Length);
            foreach (var (name, value) in facts) Console.Out.WriteLine($"{name.PadRight(width)}  {value}");
        });
        return command;
    }

    private static List<(string Name, string Value)> Collect()
    {
        var memory = GC.GetGCMemoryInfo();
        return
        [
            ("furiosa-llm", VersionEndpoint.Version),
            (".NET runtime", RuntimeInformation.FrameworkDescription),
            ("Akka", typeof(Akka.Actor.ActorSystem).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown"),
            ("Operating system", Line("/etc/os-release", "PRETTY_NAME=")?.Trim('"') ?? RuntimeInformation.OSDescription),
            ("Kernel", Environment.OSVersion.Version.ToString()),
            ("Architecture", RuntimeInformation.ProcessArchitecture.ToString()),
            ("Processor", Line("/proc/cpuinfo", "model name")?.TrimStart('\t', ' ', ':') ?? "unknown"),
            ("Cores this process may use", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture)),
            ("Vector instructions", Instructions()),
            ("Memory this process may use", string.Create(CultureInfo.InvariantCulture, $"{memory.TotalAvailableMemoryBytes / (double)(1 << 30):F1} GiB")),
            ("Container", Environment.GetEnvironmentVariable("DOTNET_RUNNING_IN_CONTAINER") is "true" ? "yes" : "no"),
            ("Settings in the environment", Settings()),
        ];
    }

    private static string Instructions()
    {
        List<string> found = [];
        if (Avx2.IsSupported) found.Add("AVX2");
        if (Fma.IsSupported) found.Add("FMA");
        if (AvxVnni.IsSupported) found.Add("AVX-VNNI");
        if (Avx512F.IsSupported) found.Add("AVX-512F");
        if (Avx512BW.IsSupported) found.Add("AVX-512BW");
        if (Avx512Vbmi.IsSupported) found.Add("AVX-512VBMI");
        return found.Count == 0 ? "none that are used" : string.Join(", ", found);
    }

    private static string Settings()
    {
        var names = Environment.GetEnvironmentVariables().Keys.Cast<string>().Where(name => name.StartsWith(SettingPrefix, StringComparison.Ordinal) || name is "HF_HOME" or "HF_TOKEN" or "HF_ENDPOINT").Order().ToList();
        return names.Count == 0 ? "none" : string.Join(", ", names);
    }

    private static string? Line(string file, string begin)
    {
        if (!File.Exists(file)) return null;
        return File.ReadLines(file).FirstOrDefault(line => line.StartsWith(begin, StringComparison.Ordinal))?[begin.Length..];
    }
}
