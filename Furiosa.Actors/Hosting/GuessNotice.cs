using Furiosa.Device.Execution;

namespace Furiosa.Actors.Hosting;

/// <summary>Says when other guesses of next tokens than usual were asked for of a model that has none.</summary>
internal static class GuessNotice
{
    public static IEnumerable<string> For(RuntimeOptions options, IModelHost host)
    {
        if (host.StateBytesPerSlot > 0 && options.PromptLookupTokens is > 0 and not RuntimeOptions.DefaultPromptLookupTokens and var asked)
            yield return $"INFO: --prompt-lookup-num-tokens {asked} counts as 0: this model has layers that keep a state, which cannot go back to before a wrong guess.";
    }
}
