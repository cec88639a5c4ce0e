using System.Diagnostics;
using Furiosa.Device.Execution;
using Furiosa.Device.Kernels;
using Furiosa.Device.Kernels.Compressed;
using Furiosa.Device.Kernels.Quantized;
using Furiosa.Device.Models;

namespace Furiosa.Device.Benchmarks;

/// <summary>Medians of one product.</summary>
/// <param name="Format">How its weights are kept: <c>bf16</c> (in twelve bits where there is AVX2), <c>bf16-plain</c>, <c>f16</c>, <c>int8</c> or <c>int4</c>.</param>
/// <param name="Rows">Rows multiplied at once.</param>
/// <param name="Gigabytes">Weights read, in gigabytes a second, each counted once however many row blocks pass.</param>
/// <param name="Gigamacs">Multiply-adds, in milliards a second.</param>
/// <param name="BestGigamacs">The best round's.</param>
/// <param name="OfRead"><paramref name="Gigabytes"/> over a plain read directly before.</param>
public sealed record KernelFigures(string Format, int Rows, double Gigabytes, double Gigamacs, double BestGigamacs, double OfRead);

/// <summary>Medians of a kernel benchmark.</summary>
/// <param name="Threads">Compute threads.</param>
/// <param name="InstructionSet">Instructions used.</param>
/// <param name="Ceilings">What the machine could do in the same rounds.</param>
/// <param name="BestCeilings">What it could do in the best of them.</param>
/// <param name="Kernels">Every format at every number of rows.</param>
public sealed record KernelReport(int Threads, string InstructionSet, MachineCeilings Ceilings, MachineCeilings BestCeilings, IReadOnlyList<KernelFigures> Kernels);

/// <summary>Times linear products alone: 65,536 columns, too many for any cache.</summary>
public static unsafe class KernelBenchmark
{
    /// <summary>Rows multiplied at once at most.</summary>
    public const int MostRows = 512;

    private const int Columns = 65536;
    private const int RowBlock = IPanelProduct.MostRows;
    private const int PanelsPerItem = 2;

    private static readonly (string Name, WeightFormat Format, bool IsCompressed)[] Formats =
        [("bf16", WeightFormat.Bf16, Bf16Weights.Auto.Compresses()), ("bf16-plain", WeightFormat.Bf16, false), ("f16", WeightFormat.F16, false), ("int8", WeightFormat.Int8, false), ("int4", WeightFormat.Int4, false)];

    /// <summary>Times every format at every number of rows, in turn.</summary>
    /// <param name="threads">Compute threads; null for the cores this process may use.</param>
    /// <param name="inputs">Inputs of a column.</param>
    /// <param name="rows">Numbers of rows, each 1 to 512.</param>
    /// <param name="rounds">Rounds; figures are medians. One more comes first and does not count.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static KernelReport Run(int? threads, int inputs, IReadOnlyList<int> rows, int rounds)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rounds);
        foreach (int count in rows)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count, nameof(rows));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MostRows, nameof(rows));
        }

        using var team = new ComputeTeam(threads);
        using var probe = new MachineProbe(team);
        var kernels = KernelSet.For(KernelLevel.Auto);
        using var product = new Product(team, kernels, inputs);
        var times = Formats.SelectMany(format => rows.Select(count => (format, count, Seconds: new List<double>(), Ratios: new List<double>()))).ToArray();
        List<double> reads = [], floats = [], bytes = [];
        for (int round = 0; round <= rounds; round++)
        {
            floats.Add(probe.Floats());
            bytes.Add(probe.Bytes());
            foreach (var (format, count, seconds, ratios) in times)
            {
                double read = probe.Read(), taken = product.Time(format.Name, count);
                if (round == 0) continue;
                reads.Add(read);
                seconds.Add(taken);
                ratios.Add(product.Bytes(format.Name) / taken / 1e9 / read);
            }
        }

        return new KernelReport(
            team.ThreadCount, KernelLevels.Describe(kernels.Level),
            new MachineCeilings(Statistics.Median(reads), Statistics.Median(floats.Skip(1)), Statistics.Median(bytes.Skip(1))),
            new MachineCeilings(reads.Max(), floats.Max(), bytes.Max()),
            [.. times.Select(time => new KernelFigures(
                time.format.Name, time.count, product.Bytes(time.format.Name) / Statistics.Median(time.Seconds) / 1e9,
                (double)Columns * inputs * time.count / Statistics.Median(time.Seconds) / 1e9,
                (double)Columns * inputs * time.count / time.Seconds.Min() / 1e9, Statistics.Median(time.Ratios)))]);
    }

    private sealed class Product : IDisposable
    {
        private readonly ComputeTeam _team;
        private readonly KernelSet _kernels;
        private readonly HugePages _memory = new(); // as a model's weights lie
        private readonly Dictionary<string, PackedMatrix> _matrices = [];
        private readonly NativeBuffer _input;
        private readonly NativeBuffer _quantized;
        private readonly NativeBuffer _output = new((long)MostRows * Columns * sizeof(float));
        private readonly int _inputStride;
        private readonly int _quantizedStride;

        public Product(ComputeTeam team, KernelSet kernels, int inputs)
        {
            _team = team;
            _kernels = kernels;
            var random = new Random(1);
            var weights = new float[65521]; // a prime: columns differ
            for (int i = 0; i < weights.Length; i++) weights[i] = (float)(0.02 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
            foreach (var (name, format, isCompressed) in Formats)
            {
                var matrix = new PackedMatrix(new MatrixForm(format, Columns, [0, inputs], HasBias: false, IsCompressed: isCompressed), [], _memory);
                _matrices.Add(name, matrix);
                Fill(matrix, inputs, weights);
            }

            _inputStride = inputs + 16;
            _input = new NativeBuffer((long)MostRows * _inputStride * sizeof(float));
            for (long i = 0; i < (long)MostRows * _inputStride; i++) _input.Floats[i] = random.NextSingle() - 0.5f;
            var layout = _matrices["int8"].Layout!;
            _quantizedStride = (layout.RowBytes + 127) / 128 * 128 + 64;
            _quantized = new NativeBuffer((long)MostRows * _quantizedStride);
            for (int row = 0; row < MostRows; row++)
                kernels.Quantize(layout, _input.Floats + (nint)row * _inputStride, _quantized.Pointer + (nint)row * _quantizedStride);
        }

        public double Bytes(string format) => _matrices[format].Bytes;

        public double Time(string format, int rows)
        {
            var matrix = _matrices[format];
            int groups = matrix.PanelCount / PanelsPerItem, blocks = (rows + RowBlock - 1) / RowBlock;
            long start = Stopwatch.GetTimestamp();
            _team.Run(groups * blocks, (_, item) => Multiply(matrix, item % groups * PanelsPerItem, item / groups * RowBlock, rows));
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        public void Dispose()
        {
            foreach (var matrix in _matrices.Values) matrix.Dispose();
            _memory.Dispose();
            _input.Dispose();
            _quantized.Dispose();
            _output.Dispose();
        }

        private void Multiply(PackedMatrix matrix, int panel, int row, int rows)
        {
            int count = Math.Min(RowBlock, rows - row);
            float* y = _output.Floats + (nint)row * Columns + (nint)panel * PackedMatrix.PanelColumns;
            if (matrix.Layout is null)
                _kernels.Linear(matrix, panel, PanelsPerItem, _input.Floats + (nint)row * _inputStride, _inputStride, count, y, Columns);
            else
                _kernels.QuantizedLinear(matrix, panel, PanelsPerItem, _quantized.Pointer + (nint)row * _quantizedStride, _quantizedStride, count, y, Columns);
        }

        private void Fill(PackedMatrix matrix, int inputs, float[] weights)
        {
            _team.Run(matrix.PanelCount, (_, panel) =>
            {
                if (matrix.Layout is not null)
                {
                    var column = new float[inputs];
                    for (int i = 0; i < PackedMatrix.PanelColumns; i++)
                    {
                        for (int k = 0; k < inputs; k++) column[k] = weights[(k + (long)i * inputs) % weights.Length];
                        QuantizedPacker.TryPack(matrix, panel, i, column);
                    }

                    return;
                }

                var values = new ushort[(inputs + 1) / 2 * 2 * PackedMatrix.PanelColumns];
                for (int i = 0; i < values.Length; i++) values[i] = PanelPacker.RoundToBf16(weights[(i + 7919L * panel) % weights.Length]);
                fixed (ushort* pairs = values)
                {
                    if (matrix.Compression is null) new ReadOnlySpan<ushort>(pairs, values.Length).CopyTo(new Span<ushort>(matrix.Panel(panel), values.Length));
                    else if (!BlockCompressor.TryCompress(pairs, inputs, matrix.Panel(panel))) throw new InvalidOperationException("Gaussian weights can be compressed.");
                }
            });
        }
    }
}
