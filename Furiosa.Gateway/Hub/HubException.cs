namespace Furiosa.Gateway.Hub;

/// <summary>A model cannot be had from the hub. The message is one line that says why and what would help.</summary>
internal sealed class HubException : Exception
{
    /// <summary>Creates the exception with its message.</summary>
    public HubException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its message and the error that caused it.</summary>
    public HubException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
