using Furiosa.Device.Execution;

namespace Furiosa.Device.Models;

/// <summary>A step's batch checked and spread out by rows. One object is filled again for each step of a group.</summary>
internal sealed class StepPlan(int vocabSize, int maxPositions, CacheSize size)
{
    /// <summary>Rows of one slice that attention takes as one item.</summary>
    public const int TileRows = 16;

    private int[] _sampleIndexOfRow = [];

    public StepBatch Batch { get; private set; } = null!;

    public int RowCount { get; private set; }

    /// <summary>Absolute position of each row.</summary>
    public int[] Positions { get; private set; } = [];

    /// <summary>Slice of each row.</summary>
    public int[] Slices { get; private set; } = [];

    /// <summary>First row of each slice.</summary>
    public int[] SliceRow { get; private set; } = [];

    public int TileCount { get; private set; }

    /// <summary>First row of each tile; a tile has <see cref="TileRows"/> rows or ends with its slice.</summary>
    public int[] TileRow { get; private set; } = [];

    /// <summary>Rows whose logits are wanted, each once, and behind them rows whose hidden states are.</summary>
    public int[] SampledRows { get; private set; } = [];

    public int SampledRowCount { get; private set; }

    /// <summary>Rows that the final norm is for: the sampled ones, and behind them those that are pooled.</summary>
    public int NormedRowCount { get; private set; }

    /// <summary>Where the logits of a sampled row stand, and the normed states of every such row.</summary>
    public int LogitsIndex(int row) => _sampleIndexOfRow[row];

    /// <summary>Rows of a tile.</summary>
    public int RowsOfTile(int tile)
    {
        int row = TileRow[tile], end = tile + 1 < TileCount ? TileRow[tile + 1] : RowCount;
        return end - row;
    }

    /// <summary>Checks a batch and spreads it out.</summary>
    /// <exception cref="ArgumentException">The batch refers to rows, blocks, tokens or positions that do not exist.</exception>
    public void Fill(StepBatch batch)
    {
        Batch = batch;
        RowCount = batch.TokenIds.Length;
        if (Positions.Length < RowCount) Grow(RowCount);
        foreach (int token in batch.TokenIds)
            Require((uint)token < (uint)vocabSize, $"token id {token} is not below the vocabulary size {vocabSize}");
        foreach (var copy in batch.Copies)
            Require((uint)copy.Source < (uint)size.Blocks && (uint)copy.Destination < (uint)size.Blocks, $"block copy {copy} is outside the pool of {size.Blocks}");
        FillSlices(batch.Slices.Span);
        FillSamples(batch.Samples.Span);
    }

    private void FillSlices(ReadOnlySpan<SequenceSlice> slices)
    {
        int row = 0;
        TileCount = 0;
        for (int s = 0; s < slices.Length; s++)
        {
            var slice = slices[s];
            Check(slice, row);
            SliceRow[s] = row;
            for (int i = 0; i < slice.Count; i++, row++)
            {
                if (i % TileRows == 0) TileRow[TileCount++] = row;
                Positions[row] = slice.FirstPosition + i;
                Slices[row] = s;
            }
        }

        Require(row == RowCount, $"the slices have {row} rows and the batch {RowCount}");
    }

    private void Check(in SequenceSlice slice, int row)
    {
        Require(slice.Count > 0 && slice.Count <= RowCount - row, $"sequence {slice.SequenceId} has a slice of {slice.Count} rows at row {row} of {RowCount}");
        Require(slice.FirstPosition >= 0 && slice.FirstPosition <= maxPositions - slice.Count,
            $"sequence {slice.SequenceId} reaches position {(long)slice.FirstPosition + slice.Count} of at most {maxPositions}");
        int needed = slice.BlockCount;
        Require(slice.Blocks.Length >= needed, $"sequence {slice.SequenceId} has {slice.Blocks.Length} blocks and needs {needed}");
        if (size.States > 0) CheckStates(slice);
        for (int i = 0; i < needed; i++)
            Require((uint)slice.Blocks[i] < (uint)size.Blocks, $"sequence {slice.SequenceId} names block {slice.Blocks[i]} of a pool of {size.Blocks}");
    }

    private void CheckStates(in SequenceSlice slice)
    {
        var states = slice.States;
        bool isMarked = states.MarkedRows != 0;
        Require(slice.FirstPosition == 0 ? states.From == -1 : (uint)states.From < (uint)size.States, $"sequence {slice.SequenceId} goes on at {slice.FirstPosition} from state {states.From} of {size.States}");
        Require((uint)states.To < (uint)size.States, $"sequence {slice.SequenceId} names state {states.To} of {size.States}");
        Require(!isMarked || ((uint)states.Mark < (uint)size.States && states.Mark != states.From && states.Mark != states.To && states.MarkedRows > 0 && states.MarkedRows < slice.Count),
            $"sequence {slice.SequenceId} marks state {states.Mark} of {size.States} after {states.MarkedRows} of {slice.Count} rows");
    }

    private void FillSamples(ReadOnlySpan<RowSample> samples)
    {
        SampledRowCount = 0;
        Array.Fill(_sampleIndexOfRow, -1);
        foreach (ref readonly var sample in samples)
        {
            if (sample.Request is PoolRows) continue;
            Require((uint)sample.Row < (uint)RowCount, $"a sample names row {sample.Row} of {RowCount}");
            if (sample.Request is ScoreToken score) Require((uint)score.TokenId < (uint)vocabSize, $"token id {score.TokenId} is not below the vocabulary size {vocabSize}");
            if (_sampleIndexOfRow[sample.Row] >= 0) continue;
            _sampleIndexOfRow[sample.Row] = SampledRowCount;
            SampledRows[SampledRowCount++] = sample.Row;
        }

        NormedRowCount = SampledRowCount;
        foreach (ref readonly var sample in samples)
            if (sample.Request is PoolRows pool) FillPooled(sample.Row, pool.Count);
    }

    private void FillPooled(int first, int count)
    {
        Require(first >= 0 && count > 0 && count <= RowCount - first, $"a pool names {count} rows from row {first} of {RowCount}");
        for (int row = first; row < first + count; row++)
        {
            if (_sampleIndexOfRow[row] >= 0) continue;
            _sampleIndexOfRow[row] = NormedRowCount;
            SampledRows[NormedRowCount++] = row;
        }
    }

    private void Grow(int rows)
    {
        Positions = new int[rows];
        Slices = new int[rows];
        SliceRow = new int[rows];
        TileRow = new int[rows];
        SampledRows = new int[rows];
        _sampleIndexOfRow = new int[rows];
    }

    private static void Require(bool holds, [System.Runtime.CompilerServices.InterpolatedStringHandlerArgument(nameof(holds))] ref RequireMessage message)
    {
        if (!holds) throw new ArgumentException(message.ToString());
    }
}
