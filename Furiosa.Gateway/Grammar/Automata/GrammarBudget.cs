using System.Runtime.CompilerServices;

namespace Furiosa.Gateway.Grammar.Automata;

/// <summary>
/// What compiling one grammar may cost: every state, edge and set member made, and every step over what a request wrote, is counted, so a
/// grammar that would explode is refused after a bounded time, whatever makes it explode.
/// </summary>
/// <param name="grammars">As much as so many grammars may cost: where parts that are compiled alone share it.</param>
internal sealed class GrammarBudget(int grammars = 1)
{
    private const int MaxWork = 6_000_000;

    private int _left = grammars * MaxWork;

    /// <exception cref="GrammarException">The grammar is too large.</exception>
    public void Spend(int work)
    {
        _left -= work;
        if (_left < 0)
            throw TooLarge();
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
