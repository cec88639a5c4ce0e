namespace Furiosa.Gateway.Text;

/// <summary>
/// A chat template does not parse or could not be rendered for a request's messages: the message is the template's own
/// (<c>raise_exception</c>), Jinja's for a mistake such as an undefined value, or says which bound was reached.
/// </summary>
internal sealed class ChatTemplateException : Exception
{
    /// <summary>Creates the exception with its one-line message.</summary>
    public ChatTemplateException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its one-line message and the error that caused it.</summary>
    public ChatTemplateException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
