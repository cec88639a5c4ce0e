namespace Furiosa.Device.Models;

/// <summary>How rotary frequencies are stretched beyond the length a model was first trained for.</summary>
public enum RopeType
{
    /// <summary>Not at all.</summary>
    Default,
    /// <summary>All frequencies divided by one factor (position interpolation, Chen et al. 2023).</summary>
    Linear,
    /// <summary>Low frequencies divided, high ones kept, a smooth passage between (Llama 3.1).</summary>
    Llama3,
    /// <summary>YaRN (Peng et al. 2023): a ramp over dimensions and a scaled attention.</summary>
    Yarn,
    /// <summary>The base raised with the longest sequence served, once it is beyond the trained length (dynamic NTK).</summary>
    Dynamic,
    /// <summary>LongRoPE (Ding et al. 2024): a divisor for each dimension, one set up to the trained length and one beyond.</summary>
    LongRope,
}
