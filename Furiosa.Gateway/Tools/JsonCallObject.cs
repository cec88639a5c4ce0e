using System.Text;
using Newtonsoft.Json;

namespace Furiosa.Gateway.Tools;

/// <summary>
/// Reads <c>{"name": "...", "arguments": {...}}</c> in either order, a character at a time; <c>parameters</c> is another word for
/// arguments. Arguments pass as they are written; written as a string of JSON, they are unpacked.
/// </summary>
/// <param name="calls">Told of the call's start and arguments, not of its end: that is for the marks around it.</param>
/// <param name="isName">Which names count as a function's.</param>
/// <param name="strictKeys">Whether keys that no call has make it something else.</param>
/// <param name="nameKey">The key of the name.</param>
internal sealed class JsonCallObject(ICallSink calls, Func<string, bool> isName, bool strictKeys, string nameKey = "name")
{
    private const int LongestKey = 64;
    private const int LongestName = 512;

    private readonly StringBuilder _text = new();
    private readonly StringBuilder _early = new();
    private JsonValueScanner? _value;
    private Place _place = Place.Open;
    private string _key = "";
    private string? _name;
    private bool _anyArguments;
    private ArgumentForm _form;

    private enum Place { Open, KeyOrEnd, Key, Colon, ValueStart, Value, CommaOrEnd, Over }

    private enum ArgumentForm { NotArguments, Object, Text, Null }

    public CallStatus Push(char character)
    {
        if (_place == Place.Value)
            return InValue(character);
        if (char.IsWhiteSpace(character))
            return _place == Place.Over ? CallStatus.Failed : CallStatus.More;
        switch (_place)
        {
            case Place.Open:
                return Go(Place.KeyOrEnd, character == '{');
            case Place.KeyOrEnd when character == '}' && _key.Length == 0:
            case Place.CommaOrEnd when character == '}':
                return End();
            case Place.KeyOrEnd:
                return BeginValue(character, character == '"', Place.Key);
            case Place.Colon:
                return Go(Place.ValueStart, character == ':');
            case Place.ValueStart:
                return BeginValue(character, MayBegin(character), Place.Value);
            case Place.CommaOrEnd:
                return Go(Place.KeyOrEnd, character == ',');
            default:
                return CallStatus.Failed;
        }
    }

    private CallStatus BeginValue(char character, bool allowed, Place kind)
    {
        if (!allowed)
            return CallStatus.Failed;
        _key = kind == Place.Key ? "" : _key;
        _text.Clear();
        _value = new JsonValueScanner();
        _place = Place.Value;
        return InValue(character);
    }

    private bool MayBegin(char character)
    {
        _form = ArgumentForm.NotArguments;
        if (_key == nameKey)
            return character == '"' && _name == null;
        if (_key is not ("arguments" or "parameters"))
            return !strictKeys || _key is "id" or "type";
        _form = character == '{' ? ArgumentForm.Object : character == '"' ? ArgumentForm.Text : ArgumentForm.Null;
        return !_anyArguments && character is '{' or '"' or 'n';
    }

    private CallStatus InValue(char character)
    {
        var step = _value!.Push(character);
        if (step == JsonStep.Invalid)
            return CallStatus.Failed;
        if (step == JsonStep.EndBefore)
            return Push(character, Place.CommaOrEnd);
        if (_form == ArgumentForm.Object && _key.Length > 0)
            Arguments([character]);
        else if (_key.Length == 0 || _key == nameKey || _form == ArgumentForm.Text)
            _text.Append(character);
        if (_text.Length > (_key.Length == 0 ? LongestKey : _key == nameKey ? LongestName : int.MaxValue))
            return CallStatus.Failed;
        return step == JsonStep.End ? EndValue() : CallStatus.More;
    }

    private CallStatus EndValue()
    {
        if (_key.Length == 0)
        {
            _key = JsonConvert.DeserializeObject<string>(_text.ToString())!;
            return Go(Place.Colon, _key.Length > 0);
        }

        _place = Place.CommaOrEnd;
        if (_key == nameKey)
            return EndName(JsonConvert.DeserializeObject<string>(_text.ToString())!);
        if (_form == ArgumentForm.Text)
            return EndText(JsonConvert.DeserializeObject<string>(_text.ToString())!);
        _anyArguments |= _form == ArgumentForm.Object;
        return CallStatus.More;
    }

    private CallStatus EndName(string name)
    {
        if (name.Length == 0 || name.Any(char.IsControl) || !isName(name))
            return CallStatus.Failed;
        calls.Start(_name = name);
        if (_early.Length > 0)
            calls.Arguments(_early.ToString());
        _early.Clear();
        return CallStatus.More;
    }

    private CallStatus EndText(string json)
    {
        if (json.Trim().Length == 0)
            return CallStatus.More;
        if (json.TrimStart()[0] != '{' || !JsonValueScanner.IsValue(json))
            return CallStatus.Failed;
        _anyArguments = true;
        Arguments(json);
        return CallStatus.More;
    }

    private CallStatus End()
    {
        if (_name == null)
            return CallStatus.Failed;
        if (!_anyArguments)
            calls.Arguments("{}");
        _place = Place.Over;
        return CallStatus.Done;
    }

    private void Arguments(ReadOnlySpan<char> json)
    {
        if (_name == null)
            _early.Append(json);
        else
            calls.Arguments(json);
    }

    private CallStatus Push(char character, Place place)
    {
        _place = place;
        return Push(character);
    }

    private CallStatus Go(Place next, bool allowed)
    {
        _place = allowed ? next : Place.Over;
        return allowed ? CallStatus.More : CallStatus.Failed;
    }
}
