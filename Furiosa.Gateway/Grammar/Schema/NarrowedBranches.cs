using System.Collections;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>The branches of a <c>oneOf</c>, narrowed once, each when it is first asked for.</summary>
/// <param name="schema">The schema that has them.</param>
/// <param name="branches">Narrows them.</param>
internal sealed class NarrowedBranches(JObject schema, IEnumerable<Conjunction> branches) : IEnumerable<Conjunction>
{
    private readonly List<Conjunction> _made = [];
    private IEnumerator<Conjunction>? _rest = branches.GetEnumerator();
    private bool _isMaking;

    public IEnumerator<Conjunction> GetEnumerator()
    {
        for (var i = 0; i < _made.Count || MakeNext(); i++)
            yield return _made[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private bool MakeNext()
    {
        if (_rest == null)
            return false;
        if (_isMaking)
            throw new GrammarException($"The keyword 'oneOf' at {SchemaKeywords.Where(schema)} of the JSON schema has a branch whose 'enum' or 'const' leads back to it: use 'anyOf'.");
        _isMaking = true;
        if (_rest.MoveNext())
            _made.Add(_rest.Current);
        else
            _rest = null;
        _isMaking = false;
        return _rest != null;
    }
}
