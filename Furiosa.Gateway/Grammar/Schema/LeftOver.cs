using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>
/// A schema's <c>unevaluatedProperties</c> or <c>unevaluatedItems</c>: what holds for the members or items that neither it nor a schema
/// met in it speaks of. Of choices only the branch taken counts, though others might hold too: less is made than is valid.
/// </summary>
/// <param name="Rest">What they are.</param>
/// <param name="Holder">The schema that says so.</param>
/// <param name="Within">It, and the schemas met in it.</param>
internal sealed record LeftOver(JToken Rest, JObject Holder, IReadOnlyList<JObject> Within)
{
    /// <summary>The keyword about members.</summary>
    public const string Properties = "unevaluatedProperties";

    /// <summary>The keyword about items.</summary>
    public const string Items = "unevaluatedItems";

    /// <summary>Whether no schema within speaks of something.</summary>
    /// <param name="speaksOf">Whether a schema does.</param>
    /// <param name="keyword">This keyword, with which an inner schema speaks of everything.</param>
    public bool Takes(Func<JObject, bool> speaksOf, string keyword) =>
        !Within.Any(schema => speaksOf(schema) || (!ReferenceEquals(schema, Holder) && schema[keyword] != null));
}
