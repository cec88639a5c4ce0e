namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary>A fixed text, a character at a time, with white space allowed before it.</summary>
internal sealed class Literal(string text)
{
    private int _at;

    public CallStatus Push(char character)
    {
        if (_at == 0 && char.IsWhiteSpace(character) && !char.IsWhiteSpace(text[0]))
            return CallStatus.More;
        if (_at == text.Length || text[_at] != character)
            return CallStatus.Failed;
        return ++_at == text.Length ? CallStatus.Done : CallStatus.More;
    }
}
