using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>EXAONE 4: norms only after the blocks, normed queries and keys; where layers slide, those that see everything are not rotated.</summary>
internal class Exaone4Family : ModelFamily
{
    public override string Architecture => "Exaone4ForCausalLM";

    public override string ModelType => "exaone4";

    public override int? DefaultKvHeadCount => 32;

    public override double DefaultNormEps => 1e-5;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var window = LayerKinds.Window(fields, 4096);
        var windows = LayerKinds.Windows(fields, shared.LayerCount, window, Pattern(fields));
        return shared with
        {
            QkNorm = QkNorm.Head,
            Norms = new NormConfig { BeforeAttention = false, AfterAttention = true, BeforeMlp = false, AfterMlp = true },
            SlidingWindows = windows,
            LayerRopes = [.. windows.Select(sliding => window is null || sliding is not null ? 0 : (int?)null)],
        };
    }

    /// <summary>A number n, of which every n-th layer sees everything, or letters for local and global layers in turn.</summary>
    private static Func<int, bool> Pattern(JsonFields fields)
    {
        if (fields.Find("sliding_window_pattern")?.ValueKind != System.Text.Json.JsonValueKind.String)
            return LayerKinds.AllButEvery(fields, "sliding_window_pattern", 4);
        var letters = fields.Text("sliding_window_pattern")!;
        if (letters.Length is > 0 and < 4096 && letters.All(letter => letter is 'L' or 'G')) return layer => letters[layer % letters.Length] == 'L';
        fields.Problem("sliding_window_pattern", "must be a whole number or letters L and G");
        return _ => false;
    }
}
