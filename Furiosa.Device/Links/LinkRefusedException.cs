namespace Furiosa.Device.Links;

/// <summary>The other node does not take the connection; the message is its reason.</summary>
public sealed class LinkRefusedException(string message) : IOException(message);
