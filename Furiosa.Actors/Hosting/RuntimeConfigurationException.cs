namespace Furiosa.Actors.Hosting;

/// <summary>The runtime cannot start with what it was given. The message is one line: what is wrong, the value, and what is right.</summary>
public sealed class RuntimeConfigurationException : Exception
{
    /// <summary>With a one-line message.</summary>
    public RuntimeConfigurationException(string message) : base(message)
    {
    }

    /// <summary>With a one-line message and its cause.</summary>
    public RuntimeConfigurationException(string message, Exception inner) : base(message, inner)
    {
    }
}
