namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary>A call's arguments as one JSON object, told to the sink as they come; white space before it is left out.</summary>
internal sealed class ArgumentsObject(ICallSink calls)
{
    private readonly JsonValueScanner _json = new();
    private bool _isBegun;

    public CallStatus Push(char character)
    {
        if (!_isBegun && char.IsWhiteSpace(character))
            return CallStatus.More;
        if (!_isBegun && character != '{')
            return CallStatus.Failed;
        _isBegun = true;
        var step = _json.Push(character);
        if (step is JsonStep.Invalid or JsonStep.EndBefore)
            return CallStatus.Failed;
        calls.Arguments([character]);
        return step == JsonStep.End ? CallStatus.Done : CallStatus.More;
    }
}
