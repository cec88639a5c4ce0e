using Furiosa.Device.Kv;

namespace Furiosa.Tests.Device.Kernels;

/// <summary>A key or value as a KV cache keeps it: elements, and the factor that they are multiplied by.</summary>
internal sealed record KvTwin(float[] Elements, float Scale)
{
    public static KvTwin Keep(float[] vector, KvCacheDtype dtype)
    {
        if (dtype == KvCacheDtype.Float32) return new(vector, 1);
        if (dtype == KvCacheDtype.Bfloat16) return new(TestValues.RoundedToBf16(vector), 1);
        float most = vector.Max(Math.Abs);
        float factor = most < 1e-36f ? 0 : 127 / most;
        return new([.. vector.Select(element => (float)Math.Round((double)(element * factor), MidpointRounding.ToEven) + 0f)], most / 127);
    }
}
