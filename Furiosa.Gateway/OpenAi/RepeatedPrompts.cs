using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Furiosa.Gateway.OpenAi;

/// <summary>
/// Counts how often a list has had a prompt before. Choices of equal prompts are numbered on, so that they are draws of their own, as those
/// of <c>n</c> are; any other prompt gives the same alone or in a list.
/// </summary>
internal sealed class RepeatedPrompts
{
    private readonly Dictionary<ImmutableArray<int>, int> _counts = new(new SameIds());

    /// <summary>How many equal prompts came before this one.</summary>
    public int CountBefore(ImmutableArray<int> ids) => CollectionsMarshal.GetValueRefOrAddDefault(_counts, ids, out _)++;

    private sealed class SameIds : IEqualityComparer<ImmutableArray<int>>
    {
        public bool Equals(ImmutableArray<int> one, ImmutableArray<int> other) => one.AsSpan().SequenceEqual(other.AsSpan());

        public int GetHashCode(ImmutableArray<int> ids)
        {
            var hash = default(HashCode);
            hash.AddBytes(MemoryMarshal.AsBytes(ids.AsSpan()));
            return hash.ToHashCode();
        }
    }
}
