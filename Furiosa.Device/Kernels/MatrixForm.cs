using System.Globalization;
using Furiosa.Device.Kernels.Coded;

namespace Furiosa.Device.Kernels;

/// <summary>The form of a packed matrix: all that its bytes do not say.</summary>
/// <param name="Format">How weights are kept.</param>
/// <param name="Columns">Outputs.</param>
/// <param name="ChunkStarts">Ascending: where each chunk begins among the inputs, then the number of inputs. One chunk unless split.</param>
/// <param name="HasBias">Whether biases follow the panels.</param>
/// <param name="Codes">How the codes of a quantised file are kept; null for other formats.</param>
/// <param name="IsCompressed">Whether weights of <see cref="WeightFormat.Bf16"/> are compressed.</param>
internal sealed record MatrixForm(WeightFormat Format, int Columns, int[] ChunkStarts, bool HasBias, CodeLayout? Codes = null, bool IsCompressed = false)
{
    /// <summary>Whether a matrix of this form gives what one of another form gives: codes will do for floats, floats for halves, and compressed weights and plain ones for each other.</summary>
    public bool Serves(MatrixForm wanted) =>
        (Format == wanted.Format || (Format == WeightFormat.Codes && wanted.Format == WeightFormat.F32) || (Format == WeightFormat.F32 && wanted.Format == WeightFormat.F16))
        && Columns == wanted.Columns && HasBias == wanted.HasBias && ChunkStarts.AsSpan().SequenceEqual(wanted.ChunkStarts);

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Format} of {Columns} columns in chunks from {string.Join(", ", ChunkStarts)} {(HasBias ? "with" : "without")} bias");
}
