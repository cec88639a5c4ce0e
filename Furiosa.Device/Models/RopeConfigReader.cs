using System.Collections.Immutable;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>
/// Reads rotary parameters in the older form (<c>rope_theta</c>, <c>rope_scaling</c>) and the newer one (<c>rope_parameters</c>, which
/// may have an object for each kind of layer).
/// </summary>
internal static class RopeConfigReader
{
    /// <summary>Index of what layers with a sliding window use, where they have parameters of their own.</summary>
    public const int Sliding = 1;

    // Where a file has it beside its other sizes, as Phi-3's do, that one counts for every kind of stretching.
    private const string Original = "original_max_position_embeddings";
    private const int MostPositions = 1 << 24; // a float still tells neighbouring positions apart
    private const int MostFactors = 512;

    /// <summary>The parameters of all layers; or those of layers that see everything and those of sliding ones, in this order.</summary>
    /// <param name="root">The file.</param>
    /// <param name="thetaKey">What the file calls the base of the frequencies.</param>
    /// <param name="defaultTheta">The base where the file is silent.</param>
    /// <param name="maxPositions">The longest sequence.</param>
    /// <param name="rotaryDim">Elements of a head that are rotated.</param>
    public static ImmutableArray<RopeConfig> Read(JsonFields root, string thetaKey, double defaultTheta, int maxPositions, int rotaryDim)
    {
        var newer = root.Object("rope_parameters");
        if (newer is not null && newer.Has("full_attention"))
        {
            var full = ReadOne(newer.Object("full_attention"), root, thetaKey, defaultTheta, maxPositions, rotaryDim);
            return newer.Has("sliding_attention") ? [full, ReadOne(newer.Object("sliding_attention"), root, thetaKey, defaultTheta, maxPositions, rotaryDim)] : [full];
        }

        return [ReadOne(newer ?? root.Object("rope_scaling"), root, thetaKey, defaultTheta, maxPositions, rotaryDim)];
    }

    private static RopeConfig ReadOne(JsonFields? fields, JsonFields root, string thetaKey, double defaultTheta, int maxPositions, int rotaryDim)
    {
        var theta = fields?.Number("rope_theta", 1, 1e12) ?? root.Number(thetaKey, 1, 1e12) ?? defaultTheta;
        if (fields is null) return new RopeConfig { Theta = theta };
        var typeKey = fields.Has("rope_type") ? "rope_type" : "type";
        switch (fields.Text(typeKey) ?? "default")
        {
            case "default" or "mrope": // for text the three positions are one
                return new RopeConfig { Theta = theta };
            case "linear":
                return new RopeConfig { Theta = theta, Type = RopeType.Linear, Factor = RequiredFactor(fields) };
            case "dynamic":
                if (rotaryDim <= 2) fields.Problem(typeKey, "is dynamic, which needs more than two rotated elements in a head");
                return new RopeConfig { Theta = theta, Type = RopeType.Dynamic, Factor = RequiredFactor(fields), OriginalMaxPositions = maxPositions };
            case "llama3":
                return ReadLlama3(fields, root, theta);
            case "yarn":
                return ReadYarn(fields, root, theta, maxPositions);
            case "longrope" or "su":
                return ReadLongRope(fields, root, theta, maxPositions, rotaryDim);
            case var other:
                fields.Problem(typeKey, $"is \"{other}\", but must be default, mrope, linear, dynamic, llama3, yarn, longrope or su");
                return new RopeConfig { Theta = theta };
        }
    }

    private static double RequiredFactor(JsonFields fields)
    {
        if (!fields.Has("factor")) fields.Problem("factor", "is missing, but must be a number from 1 to 4096");
        return fields.Number("factor", 1, 4096) ?? 1;
    }

    private static RopeConfig ReadLlama3(JsonFields fields, JsonFields root, double theta)
    {
        var low = fields.Number("low_freq_factor", 1e-3, 1e3) ?? Missing(fields, "low_freq_factor", 1);
        var high = fields.Number("high_freq_factor", 1e-3, 1e3) ?? Missing(fields, "high_freq_factor", 4);
        if (high <= low) fields.Problem("high_freq_factor", FormattableString.Invariant($"is {high}, but must be above low_freq_factor, which is {low}"));
        return new RopeConfig
        {
            Theta = theta,
            Type = RopeType.Llama3,
            Factor = RequiredFactor(fields),
            LowFrequencyFactor = low,
            HighFrequencyFactor = high,
            OriginalMaxPositions = root.Int(Original, 1, MostPositions) ?? fields.RequiredInt(Original, 1, MostPositions),
        };
    }

    // Where the file has it, "factor" rules (as in transformers 5); else the ratio of the two lengths stands in.
    private static RopeConfig ReadYarn(JsonFields fields, JsonFields root, double theta, int maxPositions)
    {
        var original = root.Int(Original, 1, MostPositions) ?? fields.Int(Original, 1, MostPositions) ?? maxPositions;
        var factor = fields.Number("factor", 1, 4096) ?? Math.Max(1, (double)maxPositions / original);
        if (theta <= 1) fields.Problem("rope_theta", "must be above 1 for yarn");
        return new RopeConfig
        {
            Theta = theta,
            Type = RopeType.Yarn,
            Factor = factor,
            OriginalMaxPositions = original,
            BetaFast = fields.Number("beta_fast", 1e-3, 1e6) ?? 32,
            BetaSlow = fields.Number("beta_slow", 1e-3, 1e6) ?? 1,
            AttentionFactor = fields.Number("attention_factor", 1e-3, 1e3),
            Mscale = fields.Number("mscale", 0, 1e3),
            MscaleAllDim = fields.Number("mscale_all_dim", 0, 1e3),
            Truncate = fields.Bool("truncate") ?? true,
        };
    }

    // The ratio of the lengths stands for the factor.
    private static RopeConfig ReadLongRope(JsonFields fields, JsonFields root, double theta, int maxPositions, int rotaryDim)
    {
        foreach (var scale in new[] { "short_mscale", "long_mscale" })
        {
            if (fields.Has(scale)) fields.Problem(scale, "is present, but a scale for each set of factors is not supported");
        }

        var trained = root.Int(Original, 2, MostPositions) ?? fields.Int(Original, 2, MostPositions);
        var factor = fields.Number("factor", 1, 4096) ?? (double)maxPositions / (trained ?? maxPositions);
        return new RopeConfig
        {
            Theta = theta,
            Type = RopeType.LongRope,
            Factor = factor,
            OriginalMaxPositions = trained ?? maxPositions,
            AttentionFactor = fields.Number("attention_factor", 1e-3, 1e3),
            ShortFactors = Factors(fields, "short_factor", rotaryDim / 2),
            LongFactors = Factors(fields, "long_factor", rotaryDim / 2),
        };
    }

    private static ImmutableArray<double> Factors(JsonFields fields, string name, int count)
    {
        var factors = fields.Numbers(name, 1e-3, 1e6, MostFactors);
        if (factors is null && !fields.Has(name)) fields.Problem(name, $"is missing, but must have {count} numbers");
        if (factors is not null && factors.Count != count) fields.Problem(name, $"has {factors.Count} numbers, but must have one for each of the {count} rotated pairs");
        return factors is not null && factors.Count == count ? [.. factors] : [.. Enumerable.Repeat(1.0, count)];
    }

    private static double Missing(JsonFields fields, string name, double standIn)
    {
        if (!fields.Has(name)) fields.Problem(name, "is missing, but must be a number from 0.001 to 1000");
        return standIn;
    }
}
