namespace Furiosa.Device.Execution;

/// <summary>What the caches of a replica hold, the same at every stage.</summary>
/// <param name="Blocks">Blocks of 16 positions' keys and values.</param>
/// <param name="States">Slots of states (<see cref="SliceStates"/>); 0 for a model without layers that keep one.</param>
public readonly record struct CacheSize(int Blocks, int States = 0);
