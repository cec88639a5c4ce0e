namespace Furiosa.Tests.Documentation;

/// <summary>The commands of the documentation that its tests do not run, by how they begin, and why not. Nothing else is left out.</summary>
internal static class CommandsNotRun
{
    public static IReadOnlyDictionary<string, string> Reasons { get; } = new Dictionary<string, string>
    {
        ["docker "] = "needs a container engine; docker/compose-test.sh runs these",
        ["git clone "] = "fetches this repository, which is here",
        ["dotnet test "] = "would run these tests from within themselves",
        ["mkdir -p /tmp/gguf && FURIOSA_KEEP_GGUF=/tmp/gguf dotnet test "] = "would run these tests from within themselves",
        ["cd bench"] = "enters the measurements beside llama.cpp",
        ["npm install --ignore-scripts "] = "installs llama.cpp, tens of megabytes",
        ["node compare.mjs "] = "measures for minutes on an idle machine; no test is of its figures",
        ["node perplexity.mjs "] = "needs llama.cpp's quantiser, which is built apart",
        ["node table.mjs "] = "shows what that measured",
        ["node chart.mjs "] = "shows what that measured",
        ["cd Furiosa.Gateway/WebConsole/web"] = "enters the sources; ConsoleFilesTests works there",
        ["dotnet run -c Release --project bench/micro "] = "restores BenchmarkDotNet and measures for minutes; no test is of its figures",
        ["npm ci"] = "installs packages, as .ci/run does before the tests",
        ["npm run build"] = "writes into the sources; ConsoleFilesTests builds elsewhere and compares",
        ["FURIOSA_ADMIN=http://127.0.0.1:18000 npm run dev"] = "serves the console's sources until it is stopped",
    };

    /// <summary>Programs in other languages, by how they begin, and why they are not run.</summary>
    public static IReadOnlyDictionary<string, string> Programs { get; } = new Dictionary<string, string>
    {
        ["from openai import OpenAI"] = "needs the package openai of PyPI; AsyncOpenAiReplayTests sends what that client sends",
    };

    /// <summary>Why a line is not run; null when it is.</summary>
    public static string? Of(string line) => Reasons.FirstOrDefault(reason => line.StartsWith(reason.Key, StringComparison.Ordinal)).Value;
}
