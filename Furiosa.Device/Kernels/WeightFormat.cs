namespace Furiosa.Device.Kernels;

/// <summary>How packed weights are kept in memory.</summary>
internal enum WeightFormat
{
    /// <summary>Two bytes each.</summary>
    Bf16,

    /// <summary>Four bytes each.</summary>
    F32,
}
