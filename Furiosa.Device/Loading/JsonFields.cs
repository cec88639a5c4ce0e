using System.Text.Json;

namespace Furiosa.Device.Loading;

/// <summary>
/// Typed access to the fields of one JSON object. Problems are collected, not thrown, so that a file's faults come out in one message;
/// a field that is absent or null gives the default.
/// </summary>
internal sealed class JsonFields(JsonElement element, List<string> problems, string prefix = "")
{
    /// <summary>Whether the field is there and not null.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>Whether the field is there, be it null: where a file's null means "none" and its silence a default.</summary>
    public bool Contains(string name) => element.TryGetProperty(name, out _);

    /// <summary>Adds a problem of the field: what is wrong and what would be right.</summary>
    public void Problem(string name, string text) => problems.Add($"{prefix}{name} {text}");

    /// <summary>An integer within bounds (both included), or the default.</summary>
    public int? Int(string name, int lowest, int highest)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Number && TryInteger(value, out var number) && number >= lowest && number <= highest) return (int)number;
        Problem(name, $"is {Show(value)}, but must be a whole number from {lowest} to {highest}");
        return null;
    }

    /// <summary>A required integer within bounds; <paramref name="lowest"/> stands in after a problem was noted.</summary>
    public int RequiredInt(string name, int lowest, int highest)
    {
        if (!Has(name)) Problem(name, $"is missing, but must be a whole number from {lowest} to {highest}");
        return Int(name, lowest, highest) ?? lowest;
    }

    /// <summary>A finite number within bounds (both included), or null.</summary>
    public double? Number(string name, double lowest, double highest)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= lowest && number <= highest) return number;
        Problem(name, FormattableString.Invariant($"is {Show(value)}, but must be a number from {lowest} to {highest}"));
        return null;
    }

    /// <summary>A list of finite numbers within bounds (both included), or null.</summary>
    public IReadOnlyList<double>? Numbers(string name, double lowest, double highest, int most)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= most)
        {
            var numbers = new List<double>(value.GetArrayLength());
            foreach (var item in value.EnumerateArray())
                if (item.ValueKind == JsonValueKind.Number && item.TryGetDouble(out var number) && number >= lowest && number <= highest) numbers.Add(number);
            if (numbers.Count == value.GetArrayLength()) return numbers;
        }

        Problem(name, FormattableString.Invariant($"is {Show(value)}, but must be a list of at most {most} numbers from {lowest} to {highest}"));
        return null;
    }

    /// <summary>A truth value, or null.</summary>
    public bool? Bool(string name)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.GetBoolean();
        Problem(name, $"is {Show(value)}, but must be true or false");
        return null;
    }

    /// <summary>A text, or null.</summary>
    public string? Text(string name)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.String && TryText(value, out var text)) return text;
        Problem(name, $"is {Show(value)}, but must be a text");
        return null;
    }

    /// <summary>A list of texts, or null.</summary>
    public IReadOnlyList<string>? Texts(string name)
    {
        if (Find(name) is not { } value) return null;
        var texts = new List<string>();
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray())
                if (item.ValueKind == JsonValueKind.String && TryText(item, out var text)) texts.Add(text);
            if (texts.Count == value.GetArrayLength()) return texts;
        }

        Problem(name, $"is {Show(value)}, but must be a list of texts");
        return null;
    }

    /// <summary>One integer or a list of them (as <c>eos_token_id</c> has), empty when absent.</summary>
    public IReadOnlyList<int> IntOrInts(string name, int lowest, int highest)
    {
        if (Find(name) is not { } value) return [];
        var items = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToArray() : [value];
        var numbers = new List<int>(items.Length);
        foreach (var item in items)
            if (item.ValueKind == JsonValueKind.Number && TryInteger(item, out var number) && number >= lowest && number <= highest) numbers.Add((int)number);
        if (numbers.Count == items.Length) return numbers;
        Problem(name, $"is {Show(value)}, but must be a whole number from {lowest} to {highest} or a list of them");
        return [];
    }

    /// <summary>An object, or null.</summary>
    public JsonFields? Object(string name)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Object) return new JsonFields(value, problems, $"{prefix}{name}.");
        Problem(name, $"is {Show(value)}, but must be an object");
        return null;
    }

    /// <summary>The raw field, or null when absent or null.</summary>
    public JsonElement? Find(string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>The value as it stands in the file, cut to a readable length.</summary>
    public static string Show(JsonElement value)
    {
        var raw = value.GetRawText();
        return raw.Length <= 60 ? raw : string.Concat(raw.AsSpan(0, 60), "...");
    }

    // Python writes 4096 and sometimes 4096.0; both mean the integer.
    private static bool TryInteger(JsonElement value, out long number)
    {
        if (value.TryGetInt64(out number)) return true;
        if (!value.TryGetDouble(out var real) || Math.Abs(real) > 1e15 || real != Math.Floor(real)) return false;
        number = (long)real;
        return true;
    }

    // A text with a lone surrogate escape parses but cannot be decoded.
    private static bool TryText(JsonElement value, out string text)
    {
        try
        {
            text = value.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            text = "";
            return false;
        }
    }
}
