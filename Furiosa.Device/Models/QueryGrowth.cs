using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>Queries far into a text are multiplied by 1 + <paramref name="Factor"/> ln(1 + floor((position + <paramref name="Shift"/>) / <paramref name="Every"/>)).</summary>
/// <param name="Factor">How fast.</param>
/// <param name="Every">Positions of one step.</param>
/// <param name="Shift">Added to the position.</param>
/// <param name="UnrotatedOnly">Whether only layers without rotation do so.</param>
public sealed record QueryGrowth(double Factor, int Every, int Shift, bool UnrotatedOnly)
{
    /// <summary>The factor of one position.</summary>
    /// <param name="position">The position, from 0.</param>
    internal float At(int position) => (float)(1 + Factor * DoubleMath.Log(1 + (position + Shift) / Every));
}
