using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>
/// Which arguments a function takes, so that a call that Python refuses is refused here. Written as <c>old new count?</c>: <c>?</c> may be left
/// out, <c>*</c> alone takes anything, <c>/</c> at the end lets no argument be given by name.
/// </summary>
internal sealed class CallSignature
{
    private readonly string[] _names;
    private readonly int _required;
    private readonly bool _takesAnything;
    private readonly bool _isPositionalOnly;

    private CallSignature(string text)
    {
        var names = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        _takesAnything = names is ["*"];
        _isPositionalOnly = names is [.., "/"];
        _required = names.Count(name => !name.EndsWith('?') && name != "/");
        _names = [.. names.Where(name => name != "/").Select(name => name.TrimEnd('?'))];
    }

    /// <summary>Reads a signature.</summary>
    public static CallSignature Of(string text) => new(text);

    /// <summary>Refuses a call whose arguments do not fit.</summary>
    /// <exception cref="ChatTemplateException">There are too many, one is missing or one has a name that is not known.</exception>
    public void Check(string function, CallArguments arguments)
    {
        if (_takesAnything)
            return;
        if (arguments.Positional.Count > _names.Length)
            throw new ChatTemplateException($"{function}() takes at most {_names.Length} arguments ({arguments.Positional.Count} given)");
        for (var i = 0; i < arguments.Named.Count; i++)
            CheckName(function, arguments, i);
        for (var i = arguments.Positional.Count; i < _required; i++)
            arguments.Require(i, _names[i], function);
    }

    private void CheckName(string function, CallArguments arguments, int at)
    {
        var name = arguments.Named[at].Key;
        if (_isPositionalOnly)
            throw new ChatTemplateException($"{function}() takes no keyword arguments");
        var position = Array.IndexOf(_names, name);
        if (position < 0)
            throw new ChatTemplateException($"{function}() got an unexpected keyword argument '{name}'");
        if (position < arguments.Positional.Count || arguments.Named.Take(at).Any(other => other.Key == name))
            throw new ChatTemplateException($"{function}() got multiple values for argument '{name}'");
    }
}
