using System.Text.RegularExpressions;

namespace Furiosa.Gateway.Hub;

/// <summary>Which GGUF file of a repository is meant: one of many holds the same model in each quantisation.</summary>
internal static partial class GgufChoice
{
    private const int MostShown = 12;

    /// <summary>The files of a model, the parts of a split one in order; none where the repository has no GGUF file.</summary>
    /// <param name="all">The repository's files.</param>
    /// <param name="model">The model; its variant is a quantisation (<c>Q4_K_M</c>), or a file's name with or without its ending.</param>
    /// <exception cref="HubException">The variant is not there, or none was named and there are several.</exception>
    public static IReadOnlyList<string> Files(IReadOnlyList<string> all, HubModelName model)
    {
        var models = all.Where(IsModel).GroupBy(Base, StringComparer.OrdinalIgnoreCase).OrderBy(files => files.Key, StringComparer.OrdinalIgnoreCase).ToList();
        if (model.Variant is { } variant)
        {
            var named = models.Where(files => Matches(files.Key, variant)).ToList();
            return named.Count == 1 ? Parts(named[0])
                : throw new HubException($"{model.Repository} holds {(named.Count == 0 ? "no GGUF file" : "several GGUF files")} of the variant '{variant}': name one of {Shown(named.Count == 0 ? models : named, named.Count > 0)} after the colon.");
        }

        return models.Count switch
        {
            0 => [],
            1 => Parts(models[0]),
            _ => throw new HubException($"{model.Repository} holds {models.Count} GGUF models: name one of them as {model.Repository}:VARIANT, with {Shown(models, false)}."),
        };
    }

    // What a repository holds beside models: projectors of images, and statistics that quantisers use.
    private static bool IsModel(string name) => name.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)
        && Path.GetFileName(name) is var file && !file.Contains("mmproj", StringComparison.OrdinalIgnoreCase) && !file.Contains("imatrix", StringComparison.OrdinalIgnoreCase);

    private static IReadOnlyList<string> Parts(IEnumerable<string> files) => [.. files.Order(StringComparer.Ordinal)];

    private static string Base(string name) => Part().Replace(name, string.Empty);

    private static bool Matches(string name, string variant)
    {
        var file = name[(name.LastIndexOf('/') + 1)..];
        var wanted = variant.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) ? variant[..^5] : variant;
        if (string.Equals(file, wanted, StringComparison.OrdinalIgnoreCase) || string.Equals(name, wanted, StringComparison.OrdinalIgnoreCase))
            return true;
        var at = file.LastIndexOf(wanted, StringComparison.OrdinalIgnoreCase);
        // The last word of the name, so that Q4_K is not Q4_K_M; names of quantisers may stand before it.
        return at > 0 && at + wanted.Length == file.Length && file[at - 1] is '-' or '.' or '_';
    }

    private static string Shown(List<IGrouping<string, string>> models, bool inFull)
    {
        var names = models.Select(files => files.Key[(files.Key.LastIndexOf('/') + 1)..]).Select(file => !inFull && Quantisation().Match(file) is { Success: true } found ? found.Value : file)
            .Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        return string.Join(", ", names.Take(MostShown)) + (names.Count > MostShown ? $" and {names.Count - MostShown} others" : string.Empty);
    }

    [GeneratedRegex(@"(-\d{5}-of-\d{5})?\.gguf\z", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Part();

    [GeneratedRegex(@"(?<=[-._])((UD-)?I?Q\d\w*|TQ\d\w*|BF16|F16|FP16|F32|MXFP4\w*)\z", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Quantisation();
}
