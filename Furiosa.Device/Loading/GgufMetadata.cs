namespace Furiosa.Device.Loading;

/// <summary>
/// The keys and values of a GGUF file. A value is a long, a double, a bool, a text, or a list of one of these. Asking for a key gives
/// null where the file has none and an error where its value is of another kind.
/// </summary>
public sealed class GgufMetadata
{
    private readonly string _file;
    private readonly IReadOnlyDictionary<string, object> _values;

    internal GgufMetadata(string file, IReadOnlyDictionary<string, object> values) => (_file, _values) = (file, values);

    /// <summary>The file's path.</summary>
    public string File => _file;

    /// <summary>All keys.</summary>
    public IEnumerable<string> Keys => _values.Keys;

    /// <summary>Whether the key is there.</summary>
    /// <param name="key">The key.</param>
    public bool Has(string key) => _values.ContainsKey(key);

    /// <summary>A text.</summary>
    /// <param name="key">The key.</param>
    public string? Text(string key) => Get<string>(key, "a text");

    /// <summary>A truth value.</summary>
    /// <param name="key">The key.</param>
    public bool? Flag(string key) => Value<bool>(key, "true or false");

    /// <summary>A whole number.</summary>
    /// <param name="key">The key.</param>
    public long? Integer(string key) => Value<long>(key, "a whole number");

    /// <summary>A number, whole or not.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="ModelFormatException">It is not finite, or nothing that a float holds: what is worked out of it then would not be either.</exception>
    public double? Number(string key)
    {
        if (_values.GetValueOrDefault(key) is long whole) return whole;
        if (Value<double>(key, "a number") is not { } value) return null;
        var narrow = (float)value;
        return float.IsFinite(narrow) && (narrow != 0 || value == 0) ? value : throw Fault(key, FormattableString.Invariant($"is {value}"), "it must be finite and in a float's range");
    }

    /// <summary>A list of texts.</summary>
    /// <param name="key">The key.</param>
    public IReadOnlyList<string>? Texts(string key) => Get<IReadOnlyList<string>>(key, "a list of texts");

    /// <summary>A list of whole numbers.</summary>
    /// <param name="key">The key.</param>
    public IReadOnlyList<long>? Integers(string key) => Get<long[]>(key, "a list of whole numbers");

    /// <summary>A list of numbers.</summary>
    /// <param name="key">The key.</param>
    public IReadOnlyList<double>? Numbers(string key) => Get<double[]>(key, "a list of numbers");

    /// <summary>A list of truth values.</summary>
    /// <param name="key">The key.</param>
    public IReadOnlyList<bool>? Flags(string key) => Get<bool[]>(key, "a list of true and false");

    /// <summary>An error about a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="problem">What is wrong.</param>
    /// <param name="remedy">What would be right.</param>
    public ModelFormatException Fault(string key, string problem, string remedy) => new(_file, $"metadata '{key}'", problem, remedy);

    private T? Get<T>(string key, string kind) where T : class => _values.GetValueOrDefault(key) switch
    {
        null => null,
        T value => value,
        var other => throw Fault(key, $"is {Kind(other)}", $"it must be {kind}"),
    };

    private T? Value<T>(string key, string kind) where T : struct => _values.GetValueOrDefault(key) switch
    {
        null => null,
        T value => value,
        var other => throw Fault(key, $"is {Kind(other)}", $"it must be {kind}"),
    };

    private static string Kind(object value) => value switch
    {
        string => "a text",
        bool => "true or false",
        long => "a whole number",
        double => "a number",
        Array list => $"a list of {list.Length:N0}",
        IReadOnlyList<string> texts => $"a list of {texts.Count:N0}",
        _ => "something else",
    };
}
