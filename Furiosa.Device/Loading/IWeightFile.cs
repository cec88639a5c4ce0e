namespace Furiosa.Device.Loading;

/// <summary>A file, or several, that weights are read from.</summary>
internal interface IWeightFile : IDisposable
{
    /// <summary>Refuses to go on where a file was written to since it was opened: what was read of it may be neither the old nor the new weights.</summary>
    /// <exception cref="ModelFormatException">A file's length or time has changed.</exception>
    void EnsureUnchanged();
}
