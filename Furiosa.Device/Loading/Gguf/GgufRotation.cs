using System.Text.Json.Nodes;

namespace Furiosa.Device.Loading.Gguf;

/// <summary>Finds the rotary parameters behind the factors that a converter has worked out of them.</summary>
internal static class GgufRotation
{
    // Every Llama 3.1 and later model has these.
    private const double LowFactor = 1;
    private const double HighFactor = 4;
    private const double Original = 8192;
    private const double Tolerance = 1e-5;

    /// <summary>Llama 3's parameters where they give the factors; else the factors themselves, one for each pair of elements.</summary>
    /// <param name="factors">What each frequency is divided by.</param>
    /// <param name="theta">The base of the frequencies.</param>
    /// <param name="positions">The longest sequence.</param>
    public static JsonObject OfFactors(JsonArray factors, double theta, int positions)
    {
        var given = factors.Select(factor => (double)(float)factor!).ToArray();
        var largest = given.Max();
        if (largest > 1 && Llama3(given.Length, theta, largest).Zip(given).All(pair => Math.Abs(pair.First - pair.Second) <= Tolerance * pair.First))
        {
            return new JsonObject
            {
                ["rope_type"] = "llama3", ["factor"] = largest, ["low_freq_factor"] = LowFactor, ["high_freq_factor"] = HighFactor,
                ["original_max_position_embeddings"] = (int)Original,
            };
        }

        return new JsonObject
        {
            ["rope_type"] = "longrope", ["short_factor"] = factors.DeepClone(), ["long_factor"] = factors.DeepClone(), ["attention_factor"] = 1.0,
            ["original_max_position_embeddings"] = positions,
        };
    }

    private static IEnumerable<double> Llama3(int pairs, double theta, double factor)
    {
        for (var pair = 0; pair < pairs; pair++)
        {
            var length = 2 * Math.PI * Math.Pow(theta, (double)pair / pairs);
            var smooth = (Original / length - LowFactor) / (HighFactor - LowFactor);
            yield return length < Original / HighFactor ? 1 : length > Original / LowFactor ? factor : 1 / ((1 - smooth) / factor + smooth);
        }
    }
}
