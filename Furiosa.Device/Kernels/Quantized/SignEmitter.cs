using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>
/// Writes a tile of up to four rows by 32 columns in AVX2 over INT8 panels as they are stored, each group of weights read once and in order.
/// The byte product wants one side without sign: it takes the sizes of weights, at most 128, and the inputs, at most 127, with the weights' signs. Two
/// such products, at most 32,512, add up in 16 bits. Sums in memory are always gone on with.
/// </summary>
internal sealed class SignEmitter : NarrowTileEmitter
{
    /// <summary>Most rows of a tile.</summary>
    public const int MostRows = 4;

    /// <summary>Fetches that a tile makes in a group where it is not alone: from <see cref="TileArguments.Next"/> on, <see cref="TileArguments.NextStep"/> apart.</summary>
    public const int GroupFetches = 16;

    private const int VectorBytes = 32;
    private const int StepBytes = PackedMatrix.PanelColumns * sizeof(uint);
    private const int ScaleBytes = PackedMatrix.PanelColumns * sizeof(ushort);
    private static readonly int AheadBytes = LaneFetch<Lanes256>.AheadBytes; // of a tile that is alone with its weights

    private static readonly AssemblerRegisterYMM[] Accumulators = [ymm0, ymm1, ymm2, ymm3, ymm4, ymm5, ymm6, ymm7], Inputs = [ymm8, ymm9], Scales = [ymm8, ymm9, ymm10, ymm11];

    private readonly int _rows;
    private readonly bool _isAlone;
    private Label _group;
    private Label _ones;
    private Label _offset;

    private SignEmitter(int rows, bool isAlone)
    {
        (_rows, _isAlone) = (rows, isAlone);
        _group = Code.CreateLabel();
        _ones = Code.CreateLabel();
        _offset = Code.CreateLabel();
    }

    /// <summary>Writes one tile.</summary>
    /// <param name="rows">Rows, 1 to <see cref="MostRows"/>.</param>
    /// <param name="isAlone">Whether no other tile reads the same weights: it fetches them a little ahead, others share the fetching of what comes next.</param>
    public static byte[] Emit(int rows, bool isAlone)
    {
        var emitter = new SignEmitter(rows, isAlone);
        emitter.Begin();
        emitter.Group();
        emitter.End();
        return emitter.Assemble();
    }

    private void Begin()
    {
        LoadArguments();
        Code.vmovdqu(ymm14, __ymmword_ptr[_offset]);
        Code.vmovdqu(ymm15, __ymmword_ptr[_ones]);
    }

    private void Group()
    {
        Code.Label(ref _group);
        if (_isAlone) Code.prefetcht0(__byte_ptr[rax + AheadBytes]);
        if (_rows <= 2)
        {
            for (var step = 0; step < 8; step++) AllColumns(step);
            Scale(0, 4);
        }
        else
        {
            for (var part = 0; part < 4; part += 2)
            {
                for (var step = 0; step < 8; step++) HalfTheColumns(step, part);
                Scale(part, 2);
            }
        }

        Next(_group, ScaleBytes + 8 * StepBytes, GroupLayout.RowGroupBytes, fetches: false);
    }

    /// <summary>Four inputs of all columns: the rows' inputs are kept for all four vectors of weights.</summary>
    private void AllColumns(int step)
    {
        Fetch(step, 0, 2);
        for (var row = 0; row < _rows; row++) Code.vpbroadcastd(Inputs[row], __dword_ptr[Row(row) + 4 * step]);
        for (var part = 0; part < 4; part++)
        {
            Load(ymm10, ymm11, step, part);
            for (var row = 0; row < _rows; row++) Add(Accumulators[4 * row + part], Inputs[row], ymm10, ymm11, ymm12, step);
        }
    }

    /// <summary>Four inputs of sixteen columns: two vectors of weights are kept for all rows.</summary>
    private void HalfTheColumns(int step, int part)
    {
        Fetch(step, part / 2, 1);
        Load(ymm8, ymm9, step, part);
        Load(ymm10, ymm11, step, part + 1);
        for (var row = 0; row < _rows; row++)
        {
            Code.vpbroadcastd(ymm13, __dword_ptr[Row(row) + 4 * step]);
            Add(Accumulators[2 * row], ymm13, ymm8, ymm9, ymm12, step);
            Add(Accumulators[2 * row + 1], ymm13, ymm10, ymm11, ymm13, step);
        }
    }

    /// <summary>Four inputs' weights of eight columns, and their sizes.</summary>
    private void Load(AssemblerRegisterYMM weights, AssemblerRegisterYMM sizes, int step, int part)
    {
        Code.vpxor(weights, ymm14, __ymmword_ptr[rax + ScaleBytes + StepBytes * step + VectorBytes * part]);
        Code.vpabsb(sizes, weights);
    }

    /// <summary>Adds four products of eight columns to 32-bit sums; the first of a group begins them.</summary>
    private void Add(AssemblerRegisterYMM sum, AssemblerRegisterYMM inputs, AssemblerRegisterYMM weights, AssemblerRegisterYMM sizes, AssemblerRegisterYMM products, int step)
    {
        Code.vpsignb(products, inputs, weights);
        Code.vpmaddubsw(products, sizes, products);
        Code.vpmaddwd(step == 0 ? sum : products, products, ymm15);
        if (step > 0) Code.vpaddd(sum, sum, products);
    }

    /// <summary>Adds a group's integer sums, times the row's scale and the weights', to the float sums.</summary>
    private void Scale(int firstPart, int parts)
    {
        for (var part = 0; part < parts; part++) Code.vcvtph2ps(Scales[part], __xmmword_ptr[rax + 16 * (firstPart + part)]);
        for (var row = 0; row < _rows; row++)
        {
            Code.vbroadcastss(ymm12, __dword_ptr[Row(row) + GroupLayout.OriginOffset]);
            for (var part = 0; part < parts; part++)
            {
                AssemblerRegisterYMM sum = Accumulators[parts * row + part];
                var target = __ymmword_ptr[Sums(row) + VectorBytes * (firstPart + part)];
                Code.vpaddd(sum, sum, ymm12);
                Code.vsubps(sum, sum, ymm12);
                Code.vfmadd213ps(sum, Scales[part], target);
                Code.vmovups(target, sum);
            }
        }
    }

    private void Fetch(int step, int firstLine, int lines)
    {
        for (var line = 0; line < lines; line++)
        {
            if (_isAlone)
            {
                Code.prefetcht0(__byte_ptr[rax + AheadBytes + ScaleBytes + StepBytes * step + 64 * (firstLine + line)]);
            }
            else
            {
                Code.prefetcht1(__byte_ptr[r8]);
                Code.add(r8, rbx);
            }
        }
    }

    private void End()
    {
        Return();
        Constant(ref _ones, 0x00010001);
        Constant(ref _offset, 0x80808080);
    }
}
