namespace Furiosa.Device.Kernels.Quantized;

/// <summary>Widening of finite halves by shifting: exact, denormals included.</summary>
internal static class HalfBits
{
    /// <summary>2^112, the difference of the exponents' biases.</summary>
    public const float Rebias = 5.192296858534828e33f;
}
