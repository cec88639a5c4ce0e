namespace Furiosa.Device.Kernels;

/// <summary>Consecutive positions of one sequence for one head of a recurrent layer. Its state is [<see cref="StateDim"/>][<see cref="HeadDim"/>].</summary>
internal readonly unsafe struct ScanRows
{
    /// <summary>The largest <see cref="StateDim"/>.</summary>
    public const int MostStateDim = 1024;

    /// <summary>Positions; zero is allowed.</summary>
    public required int Count { get; init; }

    /// <summary>Elements of a query and of a key: one at least, at most <see cref="MostStateDim"/>.</summary>
    public required int StateDim { get; init; }

    /// <summary>Elements of a value and of an output, any number.</summary>
    public required int HeadDim { get; init; }

    /// <summary>The first position's query.</summary>
    public required float* Queries { get; init; }

    /// <summary>The first position's key.</summary>
    public required float* Keys { get; init; }

    /// <summary>The first position's value.</summary>
    public required float* Values { get; init; }

    /// <summary>Floats from one position's query, key or value to the next one's.</summary>
    public required nint Stride { get; init; }

    /// <summary>What the state is multiplied with before it takes up a position: one number each.</summary>
    public required float* Decays { get; init; }

    /// <summary>What a position counts: one number each.</summary>
    public required float* Gains { get; init; }

    /// <summary>Floats from one position's numbers to the next one's.</summary>
    public required nint NumberStride { get; init; }

    /// <summary>Takes the first position's output; apart from all that is read, and written before it is known.</summary>
    public required float* Outputs { get; init; }

    /// <summary>Floats from one output to the next.</summary>
    public required nint OutputStride { get; init; }

    /// <summary>The rows from <paramref name="first"/> on.</summary>
    public ScanRows From(int first) => this with
    {
        Count = Count - first,
        Queries = Queries + first * Stride, Keys = Keys + first * Stride, Values = Values + first * Stride,
        Decays = Decays + first * NumberStride, Gains = Gains + first * NumberStride, Outputs = Outputs + first * OutputStride,
    };
}
