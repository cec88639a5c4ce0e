using System.Runtime.InteropServices;
using Furiosa.Tests.Device.Kernels.Rounded;
using Iced.Intel;

namespace Furiosa.Tests.Support;

/// <summary>
/// Runs emitted code one instruction after another on a processor made of arrays, so that code for AVX-512 is tested where there is none. It
/// knows the instructions that tiles are made of, and nothing else: an unknown one, a register that belongs to the caller, and an address
/// outside what the code was given are errors. What each does is written down from its description in Intel's Software Developer's Manual.
/// </summary>
internal sealed unsafe class EmulatedProcessor
{
    private const int Lanes = 16;
    private const ulong Return = 0xFFFF_FFFF_0000_0000; // where the caller goes on

    private readonly Dictionary<ulong, Instruction> _code = [];
    private readonly ulong[] _registers = new ulong[16];
    private readonly uint[] _vectors = new uint[32 * Lanes];
    private readonly List<(ulong First, ulong End, bool CanWrite)> _memory = [];
    private bool _isZero;

    /// <param name="code">What was emitted: one procedure with one argument.</param>
    public EmulatedProcessor(byte[] code)
    {
        var decoder = Decoder.Create(64, new ByteArrayCodeReader(code));
        decoder.IP = 0;
        while (decoder.IP < (ulong)code.Length)
        {
            var instruction = decoder.Decode();
            _code.Add(instruction.IP, instruction);
        }
    }

    /// <summary>Lets the code read, or also write, so many bytes.</summary>
    public void Allow(void* first, long bytes, bool canWrite = false) => _memory.Add(((ulong)first, (ulong)first + (ulong)bytes, canWrite));

    /// <summary>Calls the procedure.</summary>
    public void Call(void* argument)
    {
        new Random(1).NextBytes(MemoryMarshal.AsBytes(_vectors.AsSpan())); // whatever a caller leaves
        new Random(2).NextBytes(MemoryMarshal.AsBytes(_registers.AsSpan()));
        _registers[Register.RDI - Register.RAX] = (ulong)argument;
        for (var at = 0UL; at != Return; at = Step(_code[at])) { }
        _memory.Clear();
    }

    private ulong Step(in Instruction now)
    {
        switch (now.Mnemonic)
        {
            case Mnemonic.Ret:
                return Return;
            case Mnemonic.Je:
                return _isZero ? now.NearBranchTarget : now.NextIP;
            case Mnemonic.Jne:
                return _isZero ? now.NextIP : now.NearBranchTarget;
            case Mnemonic.Prefetcht0 or Mnemonic.Prefetcht1 or Mnemonic.Vzeroupper:
                return now.NextIP;
            case Mnemonic.Mov:
                Set(now, now.Op1Kind switch { OpKind.Memory => *(ulong*)At(now, 8), OpKind.Register => Get(now.Op1Register), _ => now.GetImmediate(1) });
                break;
            case Mnemonic.Lea:
                Set(now, Address(now));
                break;
            case Mnemonic.Add:
                Set(now, Get(now.Op0Register) + (now.Op1Kind == OpKind.Register ? Get(now.Op1Register) : now.GetImmediate(1)));
                _isZero = Get(now.Op0Register) == 0;
                break;
            case Mnemonic.Dec:
                Set(now, Get(now.Op0Register) - 1);
                _isZero = Get(now.Op0Register) == 0;
                break;
            case Mnemonic.Test:
                _isZero = (Get(now.Op0Register) & Get(now.Op1Register)) == 0;
                break;
            default:
                Calculate(now);
                break;
        }

        return now.NextIP;
    }

    private void Calculate(in Instruction now)
    {
        uint* first = stackalloc uint[Lanes], second = stackalloc uint[Lanes];
        var results = new uint[Lanes];
        Load(now, 1, first);
        if (now.OpCount == 3 && now.Op2Kind != OpKind.Immediate8) Load(now, 2, second);
        var old = now.Op0Kind == OpKind.Register ? Vector(now.Op0Register) : default;
        for (var i = 0; i < Lanes; i++)
        {
            results[i] = now.Mnemonic switch
            {
                Mnemonic.Vmovups or Mnemonic.Vmovdqu32 or Mnemonic.Vpbroadcastd => first[i],
                Mnemonic.Vpxord => first[i] ^ second[i],
                Mnemonic.Vpandd => first[i] & second[i],
                Mnemonic.Vpsrld => first[i] >> now.Immediate8,
                Mnemonic.Vcvtph2ps => Bits((float)((Half*)first)[i]),
                Mnemonic.Vsubps => Bits(Float(first[i]) - Float(second[i])),
                Mnemonic.Vfmadd231ps => Bits(MathF.FusedMultiplyAdd(Float(first[i]), Float(second[i]), Float(old[i]))),
                Mnemonic.Vpdpbusd => (uint)((int)old[i] + Bytes(first[i], second[i])),
                Mnemonic.Vdpbf16ps => Bits(Halves(first[i], second[i], Float(old[i]))),
                _ => throw new NotSupportedException($"{now} is not known."),
            };
        }

        if (now.Op0Kind == OpKind.Memory) results.CopyTo(new Span<uint>(At(now, 64, isWritten: true), Lanes));
        else results.CopyTo(old);
    }

    private static int Bytes(uint unsigned, uint signed)
    {
        var sum = 0;
        for (var shift = 0; shift < 32; shift += 8) sum += (byte)(unsigned >> shift) * (sbyte)(signed >> shift);
        return sum;
    }

    /// <summary>Two products of BF16, the odd one first.</summary>
    private static float Halves(uint left, uint right, float sum) =>
        RoundedTwin.Add(Float(left << 16), Float(right << 16), RoundedTwin.Add(Float(left & 0xFFFF0000), Float(right & 0xFFFF0000), sum));

    /// <summary>An operand's lanes: a vector, a word of four bytes in all of them, or as many bytes of memory as the instruction reads.</summary>
    private void Load(in Instruction now, int operand, uint* lanes)
    {
        if (now.GetOpKind(operand) == OpKind.Register)
        {
            var register = now.GetOpRegister(operand);
            if (register.IsGPR()) new Span<uint>(lanes, Lanes).Fill((uint)Get(register));
            else Vector(register).CopyTo(new Span<uint>(lanes, Lanes));
            return;
        }

        var size = now.MemorySize.GetInfo().Size;
        if (now.IsBroadcast || now.Mnemonic == Mnemonic.Vpbroadcastd) new Span<uint>(lanes, Lanes).Fill(*(uint*)At(now, 4));
        else new Span<byte>(At(now, size), size).CopyTo(new Span<byte>(lanes, 4 * Lanes));
    }

    private byte* At(in Instruction now, int bytes, bool isWritten = false)
    {
        var address = Address(now);
        if (!_memory.Any(part => address >= part.First && address + (ulong)bytes <= part.End && (part.CanWrite || !isWritten)))
            throw new InvalidOperationException($"{now} reaches beyond what it was given.");
        return (byte*)address;
    }

    private ulong Address(in Instruction now) =>
        Get(now.MemoryBase) + (now.MemoryIndex == Register.None ? 0 : Get(now.MemoryIndex) * (ulong)now.MemoryIndexScale) + now.MemoryDisplacement64;

    private Span<uint> Vector(Register register) => _vectors.AsSpan((register - Register.ZMM0) * Lanes, Lanes);

    private ulong Get(Register register) => register.GetSize() == 4 ? (uint)_registers[register - Register.EAX] : _registers[register - Register.RAX];

    private void Set(in Instruction now, ulong value)
    {
        var register = now.Op0Register.GetFullRegister();
        if (register is Register.RBX or Register.RBP or Register.RSP or >= Register.R12 and <= Register.R15)
            throw new InvalidOperationException($"{now} changes a register of the caller.");
        _registers[register - Register.RAX] = now.Op0Register.GetSize() == 4 ? (uint)value : value;
    }

    private static float Float(uint bits) => BitConverter.UInt32BitsToSingle(bits);

    private static uint Bits(float value) => BitConverter.SingleToUInt32Bits(value);
}
