using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>A tile of 256-bit vectors: it fetches from r8 on, rbx apart, and its float sums are gone on with in memory.</summary>
internal abstract class NarrowTileEmitter : TileEmitter
{
    protected new void LoadArguments()
    {
        Code.push(rbx);
        Code.mov(rbx, __[rdi + 80]);
        base.LoadArguments();
        FourthSums();
    }

    protected void Return()
    {
        Code.pop(rbx);
        Code.vzeroupper();
        Code.ret();
    }

    /// <summary>Puts a vector of one word at a label, behind the code.</summary>
    protected void Constant(ref Label label, uint value)
    {
        Code.Label(ref label);
        for (var i = 0; i < 8; i++) Code.dd(value);
    }
}
