namespace Furiosa.Gateway.Grammar.Automata;

/// <summary>
/// What compiling one grammar may cost: every state, edge and set member made is counted, so a grammar that would explode is refused
/// after a bounded time, whatever makes it explode.
/// </summary>
internal sealed class GrammarBudget
{
    private const int MaxWork = 6_000_000;

    private int _left = MaxWork;

    /// <exception cref="GrammarException">The grammar is too large.</exception>
    public void Spend(int work)
    {
        _left -= work;
        if (_left < 0)
            throw TooLarge();
    }

    public static GrammarException TooLarge() =>
        new("The grammar is too large: make its repetitions and bounds smaller, or leave some of them out.");
}
