namespace Furiosa.Actors.Hosting;

/// <summary>The options are right, but a replica cannot be started: a model file that cannot be used, or memory that is not there. The message is one line.</summary>
public sealed class RuntimeStartException : Exception
{
    /// <summary>With a one-line message.</summary>
    public RuntimeStartException(string message) : base(message)
    {
    }

    /// <summary>Whether a node that was a member before may well succeed if it tries again.</summary>
    public bool MayPass { get; init; }
}
