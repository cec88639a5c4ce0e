namespace Furiosa.Device.Kernels;

/// <summary>How packed weights are kept in memory.</summary>
internal enum WeightFormat
{
    /// <summary>Two bytes each.</summary>
    Bf16,

    /// <summary>Four bytes each.</summary>
    F32,

    /// <summary>Two bytes each, as <see cref="RebiasedHalf"/>: the numbers of a file of half precision.</summary>
    F16,

    /// <summary>As <see cref="Bf16"/>, for products with rows that are rounded to bfloat16 too.</summary>
    Bf16Rounded,

    /// <summary>One byte each, a scale for each group of 32 inputs.</summary>
    Int8,

    /// <summary>Half a byte each, a scale for each group of 32 inputs.</summary>
    Int4,

    /// <summary>The codes of a quantised file, widened exactly as they are used.</summary>
    Codes,
}
