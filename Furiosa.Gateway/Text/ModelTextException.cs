namespace Furiosa.Gateway.Text;

/// <summary>
/// A model's text files (<c>tokenizer.json</c>, <c>tokenizer_config.json</c>, chat template) cannot be used. The message is one line
/// that names the file, what is wrong with it and, where there is one, the remedy.
/// </summary>
internal sealed class ModelTextException : Exception
{
    /// <summary>Creates the exception with its one-line message.</summary>
    public ModelTextException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its one-line message and the error that caused it.</summary>
    public ModelTextException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
