using Furiosa.Gateway.Grammar.Automata;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>Which JSON values are equal as JSON Schema has it: 1 and 1.0 are, and objects in whatever order their members stand.</summary>
/// <param name="budget">Counts what is compared.</param>
internal sealed class JsonEquality(GrammarBudget budget) : IEqualityComparer<JToken>
{
    // Values may be large, and are looked up again and again.
    private readonly Dictionary<JToken, int> _hashes = new(ReferenceEqualityComparer.Instance);

    public bool Equals(JToken? x, JToken? y)
    {
        if (ReferenceEquals(x, y))
            return true;
        if (x == null || y == null)
            return false;
        budget.Descend();
        if (DecimalNumber.TryRead(x) is { } number && DecimalNumber.TryRead(y) is { } otherNumber)
            return number.CompareTo(otherNumber) == 0;
        if (x is JArray list && y is JArray otherList)
            return list.Count == otherList.Count && list.Zip(otherList).All(pair => Equals(pair.First, pair.Second));
        if (x is JObject map && y is JObject otherMap)
            return map.Count == otherMap.Count && map.Properties().All(property => otherMap[property.Name] is { } value && Equals(property.Value, value));
        return x is JValue && y is JValue && JToken.DeepEquals(x, y);
    }

    public int GetHashCode(JToken obj)
    {
        if (_hashes.TryGetValue(obj, out var known))
            return known;
        budget.Descend();
        return _hashes[obj] = Hash(obj);
    }

    private int Hash(JToken value)
    {
        if (DecimalNumber.TryRead(value) is { } number)
            return number.Shortest().GetHashCode();
        switch (value)
        {
            case JArray list:
                return list.Aggregate(list.Count, (all, item) => HashCode.Combine(all, GetHashCode(item)));
            case JObject map:
                return map.Properties().Aggregate(map.Count, (all, property) => unchecked(all + HashCode.Combine(property.Name, GetHashCode(property.Value))));
            default:
                return HashCode.Combine(value.Type, value is JValue { Value: string or bool } known ? known.Value : null);
        }
    }
}
