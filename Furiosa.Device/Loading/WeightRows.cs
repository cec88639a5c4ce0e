namespace Furiosa.Device.Loading;

/// <summary>Outputs of a linear product as a file keeps them: rows of a tensor, or its columns.</summary>
/// <param name="Tensor">The tensor, seen as rows by all its dimensions but the last.</param>
/// <param name="First">Row, or column, of the first output.</param>
/// <param name="Count">Outputs.</param>
internal readonly record struct WeightRows(TensorView Tensor, long First, int Count)
{
    /// <summary>Rows, or columns, from one output to the next.</summary>
    public int Step { get; init; } = 1;

    /// <summary>Whether outputs are columns.</summary>
    public bool ByInput { get; init; }

    /// <summary>Where inputs begin: the column, or the row where outputs are columns.</summary>
    public long FirstInput { get; init; }

    /// <summary>The row, or column, of an output.</summary>
    public long RowOf(int output) => First + (long)output * Step;

    /// <summary>Some of the outputs.</summary>
    public WeightRows Slice(int first, int count, int step = 1) => this with { First = First + (long)first * Step, Count = count, Step = Step * step };

    /// <summary>The same outputs as rows, where they are columns only because a decoder turns what is stored.</summary>
    public WeightRows Straight()
    {
        if (!ByInput || Tensor.Decoder is not TransposedRows turned) return this;
        var (matrix, input) = Math.DivRem(FirstInput, turned.Source.ColumnCount);
        return this with { Tensor = turned.Source, First = matrix * turned.Source.Shape[^2] + First, ByInput = false, FirstInput = input };
    }

    /// <summary>Refuses outputs or inputs that the tensor has not: packing reads some of them by address alone.</summary>
    /// <param name="firstInput">The first input that is read, counted from <see cref="FirstInput"/>.</param>
    /// <param name="inputs">How many are read.</param>
    /// <exception cref="ModelFormatException">The tensor has fewer.</exception>
    public void EnsureWithin(int firstInput, int inputs)
    {
        if (Count == 0 || inputs == 0) return;
        long last = First + (Count - 1L) * Step, from = FirstInput + firstInput;
        var (outputs, width) = ByInput ? (Tensor.ColumnCount, Tensor.RowCount) : (Tensor.RowCount, Tensor.ColumnCount);
        if (First >= 0 && last < outputs && from >= 0 && inputs <= width - from) return;
        throw new ModelFormatException(
            Tensor.File, $"tensor '{Tensor.Name}'", $"has {outputs} outputs of {width} inputs, but {last + 1} of {from + inputs} are called for", "the sizes in the model's configuration must be those of its weights");
    }

    /// <summary>This and what follows it in one, where it does.</summary>
    public WeightRows? Join(WeightRows next) =>
        this with { Count = next.Count } == next with { First = First } && next.First == First + (long)Count * Step ? this with { Count = Count + next.Count } : null;
}

/// <summary>One value for each output of a linear product.</summary>
/// <param name="Tensor">The tensor, any shape.</param>
/// <param name="First">Element of the first output, counted over the whole tensor.</param>
/// <param name="Count">Outputs, all in one row of the tensor.</param>
internal readonly record struct BiasValues(TensorView Tensor, long First, int Count)
{
    /// <summary>Elements from one output to the next.</summary>
    public int Step { get; init; } = 1;

    public BiasValues Slice(int first, int count, int step = 1) => this with { First = First + (long)first * Step, Count = count, Step = Step * step };

    public void Read(Span<float> values)
    {
        if (Count == 0) return;
        var all = new float[(Count - 1) * Step + 1];
        Tensor.ReadRow(First / Tensor.ColumnCount, First % Tensor.ColumnCount, all.Length, all);
        for (int i = 0; i < Count; i++) values[i] = all[i * Step];
    }
}

/// <summary>A linear product, or some outputs of one.</summary>
/// <param name="Weight">Its weights.</param>
/// <param name="Bias">Its biases; null for none.</param>
internal readonly record struct Projection(WeightRows Weight, BiasValues? Bias)
{
    public Projection Slice(int first, int count, int step = 1) => new(Weight.Slice(first, count, step), Bias?.Slice(first, count, step));
}
