using System.Runtime.CompilerServices;
using Furiosa.Actors.Protocol;

namespace Furiosa.Gateway.Grammar.Automata;

/// <summary>
/// What compiling one grammar may cost: every state, edge and set member made, and every step over what a request wrote, is counted, so a
/// grammar that would explode is refused after a bounded time, whatever makes it explode. Where a request has many grammars, each spends a
/// <see cref="Part"/> of what all of them may cost together.
/// </summary>
/// <param name="grammars">As much as so many grammars may cost.</param>
/// <param name="each">What one part of it may cost, likewise.</param>
internal sealed class GrammarBudget(int grammars = 1, int each = 1)
{
    private const int MaxWork = 6_000_000;

    private GrammarBudget? _whole;
    private int _left = grammars * MaxWork;

    /// <summary>What was spent.</summary>
    public int Spent => (grammars * MaxWork) - _left;

    /// <summary>The grammars that parts were spent on, or would have been had they not been ready: each once, by key.</summary>
    public Dictionary<string, GenerationGrammar> Paid { get; } = new(StringComparer.Ordinal);

    /// <summary>What one of the grammars that share this may cost; all that it spends is spent of this too.</summary>
    public GrammarBudget Part() => new(each) { _whole = this };

    /// <exception cref="GrammarException">The grammar is too large, or those that share a budget with it are.</exception>
    public void Spend(int work)
    {
        _left -= work;
        if (_left < 0)
            throw TooLarge();
        if (_whole is not null && (_whole._left -= work) < 0)
            throw new GrammarException("The grammars of this request are too large together: make their repetitions and bounds smaller, or send fewer of them.");
    }

    /// <summary>Counts a step of a recursion, and refuses one that would end the process.</summary>
    /// <exception cref="GrammarException">The grammar is too large or nests too deeply.</exception>
    public void Descend()
    {
        EnsureStack();
        Spend(1);
    }

    /// <summary>Refuses recursion that would end the process.</summary>
    /// <exception cref="GrammarException">The grammar nests too deeply.</exception>
    public static void EnsureStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new GrammarException("The grammar nests too deeply: put less of it within other parts of it.");
    }

    public static GrammarException TooLarge() =>
        new("The grammar is too large: make its repetitions and bounds smaller, or leave some of them out.");
}
