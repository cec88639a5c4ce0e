namespace Furiosa.Device.Loading;

/// <summary>Told after each weight file that was opened.</summary>
/// <param name="File">The file's name without its directory.</param>
/// <param name="Opened">Files opened so far, this one included.</param>
/// <param name="Total">Files in all.</param>
/// <param name="Bytes">Bytes of tensors in this file.</param>
public sealed record ShardProgress(string File, int Opened, int Total, long Bytes);
