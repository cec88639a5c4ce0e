using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>Reads rotary parameters in the older form (<c>rope_theta</c>, <c>rope_scaling</c>) and the newer one (<c>rope_parameters</c>).</summary>
internal static class RopeConfigReader
{
    private const int MostPositions = 1 << 24; // a float still tells neighbouring positions apart

    public static RopeConfig Read(JsonFields root, double defaultTheta, int maxPositions)
    {
        var newer = root.Object("rope_parameters");
        var fields = newer ?? root.Object("rope_scaling");
        var theta = newer?.Number("rope_theta", 1, 1e12) ?? root.Number("rope_theta", 1, 1e12) ?? defaultTheta;
        if (fields is null) return new RopeConfig { Theta = theta };

        RefusePartialRotation(fields);
        var typeKey = fields.Has("rope_type") ? "rope_type" : "type";
        switch (fields.Text(typeKey) ?? "default")
        {
            case "default":
                return new RopeConfig { Theta = theta };
            case "linear":
                return new RopeConfig { Theta = theta, Type = RopeType.Linear, Factor = RequiredFactor(fields) };
            case "llama3":
                return ReadLlama3(fields, theta);
            case "yarn":
                return ReadYarn(fields, theta, maxPositions);
            case var other:
                fields.Problem(typeKey, $"is \"{other}\", but must be default, linear, llama3 or yarn");
                return new RopeConfig { Theta = theta };
        }
    }

    public static void RefusePartialRotation(JsonFields fields)
    {
        if (fields.Number("partial_rotary_factor", 0, 1) is { } share && share < 1)
            fields.Problem("partial_rotary_factor", FormattableString.Invariant($"is {share}, but only 1 is supported"));
    }

    private static double RequiredFactor(JsonFields fields)
    {
        if (!fields.Has("factor")) fields.Problem("factor", "is missing, but must be a number from 1 to 4096");
        return fields.Number("factor", 1, 4096) ?? 1;
    }

    private static RopeConfig ReadLlama3(JsonFields fields, double theta)
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
            OriginalMaxPositions = fields.RequiredInt("original_max_position_embeddings", 1, MostPositions),
        };
    }

    // Where the file has it, "factor" rules (as in transformers 5); else the ratio of the two lengths stands in.
    private static RopeConfig ReadYarn(JsonFields fields, double theta, int maxPositions)
    {
        var original = fields.Int("original_max_position_embeddings", 1, MostPositions) ?? maxPositions;
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

    private static double Missing(JsonFields fields, string name, double standIn)
    {
        if (!fields.Has(name)) fields.Problem(name, "is missing, but must be a number from 0.001 to 1000");
        return standIn;
    }
}
