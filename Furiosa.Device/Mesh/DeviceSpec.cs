using System.Globalization;
using System.Text;

namespace Furiosa.Device.Mesh;

/// <summary>
/// The text of <c>--devices</c>: a comma-separated list of <c>npu:X</c>, <c>npu:X:*</c>, <c>npu:X:K</c>, <c>npu:X:S-E</c>,
/// <c>cpu</c> (= <c>cpu:0</c>) and <c>cpu:N</c> (the PEs of <c>npu:N:*</c>). <c>cuda:N</c> is understood and refused.
/// </summary>
public static class DeviceSpec
{
    /// <summary>PEs of one device.</summary>
    public const int PesPerDevice = 8;

    /// <summary>The largest device index.</summary>
    public const int MaxDevice = 1023;

    private const int MaxShownCharacters = 80;
    private const string Forms = "write npu:0, npu:0:*, npu:0:3, npu:0:0-3, cpu or cpu:0, several with commas between";

    /// <summary>Expands a device specification to single PEs.</summary>
    /// <param name="text">The specification; spaces around items are ignored.</param>
    /// <returns>The PEs, each once, in ascending order by number.</returns>
    /// <exception cref="DeviceSpecException">The text does not follow the grammar, or names kinds that cannot be used.</exception>
    public static IReadOnlyList<PeId> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (string.IsNullOrWhiteSpace(text)) throw new DeviceSpecException($"No devices are given: {Forms}.");
        var pes = new SortedSet<PeId>();
        string? firstKind = null;
        foreach (var part in text.Split(','))
        {
            var item = part.Trim();
            var fields = item.Split(':');
            if (fields[0] == "cuda") RefuseCuda(item, fields);
            if (fields[0] is not ("npu" or "cpu")) throw InvalidDevice(item);
            firstKind ??= fields[0];
            if (fields[0] != firstKind) throw new DeviceSpecException($"All devices must be the same kind: {firstKind} and {fields[0]} cannot be mixed.");
            var (first, last) = fields[0] == "npu" ? ReadNpu(item, fields, out var device) : ReadCpu(item, fields, out device);
            for (var pe = first; pe <= last; pe++) pes.Add(new PeId(device, pe));
        }

        return [.. pes];
    }

    /// <summary>Writes PEs in the shortest form that the grammar allows.</summary>
    /// <param name="pes">The PEs in ascending order.</param>
    public static string Format(IReadOnlyList<PeId> pes)
    {
        var text = new StringBuilder();
        for (var i = 0; i < pes.Count;)
        {
            var size = LongestRange(pes, i);
            var (device, pe) = pes[i];
            if (i > 0) text.Append(',');
            text.Append(CultureInfo.InvariantCulture, $"npu:{device}:");
            if (size == PesPerDevice) text.Append('*');
            else if (size == 1) text.Append(pe);
            else text.Append(CultureInfo.InvariantCulture, $"{pe}-{pe + size - 1}");
            i += size;
        }

        return text.ToString();
    }

    /// <summary>Whether <paramref name="start"/> can begin a fused group of <paramref name="size"/> PEs.</summary>
    internal static bool IsAligned(int start, int size) => start % size == 0;

    private static int LongestRange(IReadOnlyList<PeId> pes, int start)
    {
        for (var size = PesPerDevice; size > 1; size /= 2)
        {
            if (start + size > pes.Count || !IsAligned(pes[start].Pe, size)) continue;
            if (pes[start + size - 1] == pes[start] with { Pe = pes[start].Pe + size - 1 }) return size;
        }

        return 1;
    }

    private static (int First, int Last) ReadNpu(string item, string[] fields, out int device)
    {
        if (fields.Length is < 2 or > 3) throw InvalidDevice(item);
        device = ReadDevice(item, fields[1]);
        if (fields.Length == 2 || fields[2] == "*") return (0, PesPerDevice - 1);
        var ends = fields[2].Split('-');
        if (ends.Length > 2) throw InvalidDevice(item);
        var first = ReadPe(item, ends[0]);
        if (ends.Length == 1) return (first, first);
        var last = ReadPe(item, ends[1]);
        var size = last - first + 1;
        if (size is not (1 or 2 or 4 or 8) || !IsAligned(first, size))
            throw new DeviceSpecException($"Invalid pe index range: {fields[2]} in {Show(item)}; a range holds 1, 2, 4 or 8 PEs and starts at a multiple of its size, e.g. 0-1, 4-7 or 0-7.");
        return (first, last);
    }

    private static (int First, int Last) ReadCpu(string item, string[] fields, out int device)
    {
        if (fields.Length > 2) throw InvalidDevice(item);
        device = fields.Length == 1 ? 0 : ReadDevice(item, fields[1]);
        return (0, PesPerDevice - 1);
    }

    private static int ReadDevice(string item, string text)
    {
        if (text.Length == 0) throw InvalidDevice(item);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var device) && device <= MaxDevice
            ? device
            : throw new DeviceSpecException($"Invalid npu index: {Show(text)} in {Show(item)}; it must be a whole number from 0 to {MaxDevice}.");
    }

    private static int ReadPe(string item, string text)
    {
        if (!IsNumber(text)) throw InvalidDevice(item);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var pe) && pe < PesPerDevice
            ? pe
            : throw new DeviceSpecException($"Invalid pe index: {Show(text)} in {Show(item)}; the PEs of a device are 0 to {PesPerDevice - 1}.");
    }

    private static void RefuseCuda(string item, string[] fields)
    {
        if (fields.Length != 2 || !IsNumber(fields[1])) throw InvalidDevice(item);
        throw new DeviceSpecException($"{Show(item)} cannot be used: no CUDA back end in this build; use npu or cpu devices.");
    }

    private static bool IsNumber(string text) => text.Length > 0 && text.All(char.IsAsciiDigit);

    private static DeviceSpecException InvalidDevice(string item) => new($"Invalid device string: {Show(item)}; {Forms}.");

    private static string Show(string text)
    {
        var cut = text.Length <= MaxShownCharacters ? text : string.Concat(text.AsSpan(0, MaxShownCharacters), "...");
        return $"'{new string([.. cut.Select(c => char.IsControl(c) ? ' ' : c)])}'";
    }
}
