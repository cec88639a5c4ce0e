namespace Furiosa.Gateway.Text.Templates.Values;

/// <summary>The arguments of a call, by position and by name.</summary>
internal sealed record CallArguments(IReadOnlyList<JinjaValue> Positional, IReadOnlyList<KeyValuePair<string, JinjaValue>> Named)
{
    /// <summary>No arguments.</summary>
    public static CallArguments None { get; } = new([], []);

    /// <summary>The argument at a position or of a name, or null where neither was given.</summary>
    public JinjaValue? Find(int position, string name)
    {
        if (position < Positional.Count)
            return Positional[position];
        foreach (var (key, value) in Named)
        {
            if (key == name)
                return value;
        }

        return null;
    }

    /// <summary>The argument at a position or of a name.</summary>
    /// <exception cref="ChatTemplateException">It was not given.</exception>
    public JinjaValue Require(int position, string name, string function) =>
        Find(position, name) ?? throw new ChatTemplateException($"{function}() missing 1 required positional argument: '{name}'");
}
