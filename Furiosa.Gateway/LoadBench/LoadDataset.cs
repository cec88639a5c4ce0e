using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Furiosa.Gateway.LoadBench;

/// <summary>Where the prompts of a load come from: made up, or read from a file. The same seed gives the same requests.</summary>
internal static class LoadDataset
{
    private const long MostBytes = 1L << 30;
    private const int MostWords = 1 << 20;

    // Common words that most tokenizers know as one token each, so that the length in words is about the length in tokens.
    private static readonly string[] Words =
        ("time year people way day man thing woman life child world school state family student group country problem hand part place case week " +
        "company system program question work number night point home water room mother area money story fact month lot right study book eye job " +
        "word business issue side kind head house service friend father power hour game line end member law car city name team minute idea body").Split(' ');

    /// <summary>Prompts of random words, lengths drawn from around the given ones.</summary>
    /// <param name="count">How many.</param>
    /// <param name="inputTokens">About how many tokens each prompt has, the shared prefix apart.</param>
    /// <param name="outputTokens">Tokens of each answer.</param>
    /// <param name="rangeRatio">Lengths lie within this part of theirs, from 0 to below 1.</param>
    /// <param name="prefixTokens">Tokens at the beginning that all prompts share.</param>
    /// <param name="seed">Draws differ with it.</param>
    public static List<LoadRequest> Random(int count, int inputTokens, int outputTokens, double rangeRatio, int prefixTokens, int seed)
    {
        var random = new Random(seed);
        var prefix = Text(random, prefixTokens);
        var requests = new List<LoadRequest>(count);
        for (var i = 0; i < count; i++)
        {
            var words = Text(random, Around(random, inputTokens, rangeRatio));
            requests.Add(new LoadRequest(prefix.Length == 0 ? words : $"{prefix} {words}", Around(random, outputTokens, rangeRatio)));
        }
        return requests;
    }

    /// <summary>Prompts that begin with one of a few texts and go on each for itself, as those of a prefix cache's clients do.</summary>
    /// <param name="count">How many.</param>
    /// <param name="prefixTokens">About how many tokens each beginning has.</param>
    /// <param name="suffixTokens">About how many tokens follow.</param>
    /// <param name="prefixes">How many beginnings there are.</param>
    /// <param name="outputTokens">Tokens of each answer.</param>
    /// <param name="seed">Draws differ with it.</param>
    public static List<LoadRequest> PrefixRepetition(int count, int prefixTokens, int suffixTokens, int prefixes, int outputTokens, int seed)
    {
        var random = new Random(seed);
        string[] beginnings = [.. Enumerable.Range(0, prefixes).Select(_ => Text(random, prefixTokens))];
        var requests = Enumerable.Range(0, count).Select(i => new LoadRequest($"{beginnings[i % prefixes]} {Text(random, suffixTokens)}", outputTokens)).ToArray();
        random.Shuffle(requests);
        return [.. requests];
    }

    /// <summary>Prompts of a file with one JSON object a line: <c>{"prompt": "...", "output_tokens": 64}</c>, the second optional.</summary>
    /// <exception cref="FormatException">A line is no such object.</exception>
    public static List<LoadRequest> Custom(string path, int count, int outputTokens)
    {
        CheckSize(path);
        var requests = new List<LoadRequest>();
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (requests.Count == count) break;
            if (string.IsNullOrWhiteSpace(line)) continue;
            try
            {
                using var json = JsonDocument.Parse(line);
                var prompt = json.RootElement.GetProperty("prompt").GetString();
                var tokens = json.RootElement.TryGetProperty("output_tokens", out var given) ? given.GetInt32() : outputTokens;
                requests.Add(new LoadRequest(prompt ?? throw new FormatException("null"), tokens));
            }
            catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                throw new FormatException($"{path}, line {number}: write {{\"prompt\": \"...\", \"output_tokens\": 64}} on each line.", error);
            }
        }
        return requests;
    }

    /// <summary>The first question of each conversation of a ShareGPT file; answers as long as asked, else about as long as the file's.</summary>
    /// <exception cref="FormatException">It is no such file.</exception>
    public static List<LoadRequest> ShareGpt(string path, int count, int? outputTokens, int seed)
    {
        CheckSize(path);
        try
        {
            using var file = File.OpenRead(path);
            using var json = JsonDocument.Parse(file);
            var all = new List<LoadRequest>();
            foreach (var entry in json.RootElement.EnumerateArray())
            {
                if (!entry.TryGetProperty("conversations", out var turns) || turns.GetArrayLength() < 2) continue;
                var (prompt, answer) = (turns[0].GetProperty("value").GetString()!, turns[1].GetProperty("value").GetString()!);
                all.Add(new LoadRequest(prompt, outputTokens ?? Math.Clamp(answer.Length / 4, 4, 2048)));
            }
            new Random(seed).Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(all));
            return all.Count > count ? all[..count] : all;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException($"{path} is no ShareGPT file: a JSON list of objects with \"conversations\", each a list of {{\"from\", \"value\"}}.", error);
        }
    }

    private static void CheckSize(string path)
    {
        if (!File.Exists(path)) throw new FormatException($"--dataset-path {path}: there is no such file.");
        if (new FileInfo(path).Length > MostBytes) throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"{path} has more than {MostBytes} bytes."));
    }

    private static int Around(Random random, int length, double ratio) =>
        ratio == 0 ? length : Math.Max(1, random.Next((int)(length * (1 - ratio)), (int)(length * (1 + ratio)) + 1));

    private static string Text(Random random, int words)
    {
        var text = new StringBuilder();
        for (var i = 0; i < Math.Min(words, MostWords); i++) text.Append(i == 0 ? "" : " ").Append(Words[random.Next(Words.Length)]);
        return text.ToString();
    }
}
