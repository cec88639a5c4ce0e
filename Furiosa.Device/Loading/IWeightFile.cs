namespace Furiosa.Device.Loading;

/// <summary>A file, or several, that weights are read from.</summary>
internal interface IWeightFile : IDisposable
{
    /// <summary>The files that are read from front to back when weights are packed.</summary>
    IEnumerable<MappedFile> Packable { get; }

    /// <summary>Refuses to go on where a file was written to since it was opened: what was read of it may be neither the old nor the new weights.</summary>
    /// <exception cref="ModelFormatException">A file's length or time has changed.</exception>
    void EnsureUnchanged();
}
