using System.Collections.Immutable;

namespace Furiosa.Actors.Serialization;

/// <summary>Wire form of biases by token id, as requests and samples carry them.</summary>
internal static class LogitBiasForm
{
    private const int LeastBytesEach = 5;

    public static void Write(WireWriter writer, IReadOnlyDictionary<int, float> biases)
    {
        writer.Int(biases.Count);
        foreach (var (id, bias) in biases)
        {
            writer.Int(id);
            writer.Float(bias);
        }
    }

    public static ImmutableSortedDictionary<int, float> Read(WireReader reader)
    {
        var biases = ImmutableSortedDictionary.CreateBuilder<int, float>();
        for (var left = reader.Count(LeastBytesEach); left > 0; left--) biases[reader.Int()] = reader.Float();
        return biases.ToImmutable();
    }
}
