namespace Furiosa.Device.Mesh;

/// <summary>Devices or parallel degrees cannot be used as given. The message is one line: what is wrong, and what is right.</summary>
public sealed class DeviceSpecException : Exception
{
    /// <summary>With a one-line message.</summary>
    /// <param name="message">What is wrong and what would be right.</param>
    public DeviceSpecException(string message) : base(message) { }
}
