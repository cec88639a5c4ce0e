using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>A loop of independent byte dot products and nothing else: the ceiling that benchmarks compare with.</summary>
internal static unsafe class VnniPeak
{
    private const int Chains = 16;

    private static readonly Lazy<nint> Code = new(Make);

    /// <summary>Multiply-adds of one step.</summary>
    public const int ProductsPerStep = Chains * 64;

    public static bool IsSupported => VnniTiles.IsSupported && Code.Value != 0;

    public static void Run(long steps) => ((delegate* unmanaged<long, void>)Code.Value)(steps);

    private static nint Make()
    {
        AssemblerRegisterZMM[] sums = [zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15];
        var code = new Assembler(64);
        var loop = code.CreateLabel();
        foreach (var sum in sums) code.vpxord(sum, sum, sum);
        code.vpxord(zmm16, zmm16, zmm16);
        code.Label(ref loop);
        foreach (var sum in sums) code.vpdpbusd(sum, zmm16, zmm16);
        code.dec(rdi);
        code.jne(loop);
        code.vzeroupper();
        code.ret();
        using var stream = new MemoryStream();
        code.Assemble(new StreamCodeWriter(stream), 0);
        return (nint)ExecutableMemory.TryMap(stream.ToArray());
    }
}
