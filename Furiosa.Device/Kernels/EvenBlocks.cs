namespace Furiosa.Device.Kernels;

/// <summary>Cuts what is too long to stay in the cache.</summary>
internal static class EvenBlocks
{
    /// <summary>The size of a block when there are as few as may be and all but the last are equal: a short rest costs as much to begin as a whole block.</summary>
    /// <param name="count">What is cut.</param>
    /// <param name="most">Most of a block.</param>
    public static int Size(int count, int most)
    {
        int blocks = Math.Max(1, (count + most - 1) / most);
        return (count + blocks - 1) / blocks;
    }
}
