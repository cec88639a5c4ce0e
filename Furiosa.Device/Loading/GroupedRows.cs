namespace Furiosa.Device.Loading;

/// <summary>
/// Rows that are stored as small integers with a scale, and in some formats an offset, for each group of consecutive elements:
/// <c>value = code * scale</c> or <c>code * scale + offset</c>. Both are float operations; the product is exact in every format here,
/// so that a fused multiply-add gives the same bits.
/// </summary>
internal abstract class GroupedRows : RowDecoder
{
    /// <summary>The largest <see cref="GroupSize"/>.</summary>
    public const int LargestGroup = 32;

    /// <param name="groupSize">Elements of a group, at most <see cref="LargestGroup"/>; a row's last group may be short.</param>
    /// <param name="isNarrow">Whether codes take at most sixteen values, those of <see cref="Table"/>.</param>
    /// <param name="hasOffset">Whether there is an offset.</param>
    protected GroupedRows(int groupSize, bool isNarrow, bool hasOffset)
    {
        (GroupSize, IsNarrow, HasOffset) = (groupSize, isNarrow, hasOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(groupSize, LargestGroup);
    }

    /// <summary>Elements that share a scale and an offset, counted from the row's beginning.</summary>
    public int GroupSize { get; }

    /// <summary>Whether sixteen values, those of <see cref="Table"/>, are all that codes take.</summary>
    public bool IsNarrow { get; }

    /// <summary>Whether an offset is added.</summary>
    public bool HasOffset { get; }

    /// <summary>
    /// Whether scales and offsets are whole numbers times a unit that 256 elements share, counted from the row's beginning: each of the two the one rounding of
    /// that product.
    /// </summary>
    public virtual bool HasFactors => false;

    /// <summary>Whether scales and offsets are numbers of half precision, as a rule: a file may hold others.</summary>
    public virtual bool HasHalves => true;

    /// <summary>The sixteen codes of a narrow format; empty for others.</summary>
    public abstract ReadOnlySpan<sbyte> Table { get; }

    /// <summary>Reads one group.</summary>
    /// <param name="row">The row.</param>
    /// <param name="group">The group within it.</param>
    /// <param name="codes">Takes the group's codes; as many as are left where the row ends within it.</param>
    /// <param name="scale">The scale.</param>
    /// <param name="offset">The offset; 0 where there is none.</param>
    public abstract void ReadGroup(long row, long group, Span<sbyte> codes, out float scale, out float offset);

    /// <summary>Reads what a group's scale and offset are products of, where it <see cref="HasFactors"/>.</summary>
    /// <param name="row">The row.</param>
    /// <param name="group">The group within it.</param>
    /// <param name="scale">Of the scale.</param>
    /// <param name="offset">Of the offset; zeros where there is none.</param>
    public virtual void ReadFactors(long row, long group, out (float Unit, sbyte Factor) scale, out (float Unit, sbyte Factor) offset) => throw new NotSupportedException();

    /// <inheritdoc/>
    public sealed override void Read(long row, long column, Span<float> destination)
    {
        Span<sbyte> codes = stackalloc sbyte[LargestGroup];
        codes = codes[..GroupSize];
        while (!destination.IsEmpty)
        {
            var (group, skipped) = Math.DivRem(column, GroupSize);
            ReadGroup(row, group, codes, out var scale, out var offset);
            var count = Math.Min(GroupSize - (int)skipped, destination.Length);
            Widen(codes.Slice((int)skipped, count), scale, offset, destination);
            destination = destination[count..];
            column += count;
        }
    }

    /// <summary>The values of codes.</summary>
    protected void Widen(ReadOnlySpan<sbyte> codes, float scale, float offset, Span<float> values)
    {
        if (HasOffset)
        {
            for (var i = 0; i < codes.Length; i++) values[i] = codes[i] * scale + offset;
        }
        else
        {
            for (var i = 0; i < codes.Length; i++) values[i] = codes[i] * scale;
        }
    }
}
