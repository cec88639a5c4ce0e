using System.Numerics;
using Furiosa.Gateway.Grammar.Automata;
using Furiosa.Gateway.Grammar.Expressions;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>
/// The numbers within bounds and of given multiples, digit by digit: what was written is compared with each bound's digits as it
/// grows. Without exponents, and of at most 15 digits unless a bound has more, so that no two differ only where a double cannot tell.
/// </summary>
internal sealed class NumberLanguage
{
    private const int MaxDigits = 15;

    private readonly SchemaFacts _facts;
    private readonly bool _integer;
    private readonly int _wholeDigits;
    private readonly int _fractionDigits;
    private readonly List<BigInteger> _steps;
    private readonly List<BigInteger> _notSteps;
    private readonly BigInteger _step;
    private readonly int _stepScale;

    private NumberLanguage(SchemaFacts facts)
    {
        _facts = facts;
        var bounds = new[] { facts.Minimum?.Value, facts.Maximum?.Value }.OfType<DecimalNumber>().ToList();
        _wholeDigits = Math.Min(310, Math.Max(MaxDigits, bounds.Select(bound => bound.WholeDigits.Length).DefaultIfEmpty(0).Max()));
        var steps = facts.MultipleOf.Concat(facts.NotMultipleOf).ToList();
        _stepScale = steps.Select(step => step.Scale).DefaultIfEmpty(0).Max();
        _steps = [.. facts.MultipleOf.Select(step => step.AtScale(_stepScale))];
        _notSteps = [.. facts.NotMultipleOf.Select(step => step.AtScale(_stepScale))];
        _step = _steps.Concat(_notSteps).Aggregate(BigInteger.One, (all, one) => all / BigInteger.GreatestCommonDivisor(all, one) * one);
        _integer = !facts.Types.HasFlag(JsonTypes.Fraction) || (facts.MultipleOf.Count > 0 && _stepScale == 0);
        // Of numbers that are no multiple those with more digits than the step are left out.
        _fractionDigits = steps.Count > 0 ? _stepScale : MaxDigits;
        if (_step > 100_000 || _stepScale > MaxDigits)
            throw new GrammarException("The keyword 'multipleOf' of the JSON schema is supported up to 100000 and down to 15 digits after the point.");
    }

    /// <summary>Whether bounds or multiples are asked for, so that the general rule will not do.</summary>
    public static bool IsNeeded(SchemaFacts facts) => facts.Minimum != null || facts.Maximum != null || facts.MultipleOf.Count > 0
        || facts.NotMultipleOf.Count > 0 || ExcludedNumbers(facts).Any() || !facts.Types.HasFlag(JsonTypes.Integer);

    public static bool Accepts(SchemaFacts facts, DecimalNumber number) =>
        (facts.Minimum is not { } min || number.CompareTo(min.Value) > (min.Exclusive ? 0 : -1))
        && (facts.Maximum is not { } max || number.CompareTo(max.Value) < (max.Exclusive ? 0 : 1))
        && facts.MultipleOf.TrueForAll(number.IsMultipleOf) && !facts.NotMultipleOf.Exists(number.IsMultipleOf);

    public static Dfa Compile(SchemaFacts facts, GrammarBudget budget)
    {
        var language = new NumberLanguage(facts);
        var all = Dfa.Explore(new State(Phase.Start), language.Step, language.Accepts, "-.0123456789"u8.ToArray(), budget);
        if (!facts.Types.HasFlag(JsonTypes.Integer))
            all = all.Except(ExpressionLanguage.Matching("-?[0-9]+(?:\\.0+)?", budget));
        foreach (var number in ExcludedNumbers(facts))
            all = all.Except(ExpressionLanguage.Matching(Spellings(number), budget));
        return all;
    }

    private static IEnumerable<DecimalNumber> ExcludedNumbers(SchemaFacts facts) => facts.Excluded.Select(DecimalNumber.TryRead).OfType<DecimalNumber>();

    private static string Spellings(DecimalNumber number)
    {
        var sign = number.Unscaled.Sign < 0 ? "-" : number.Unscaled.IsZero ? "-?" : "";
        return number.FractionDigits.Length == 0 ? $"{sign}{number.WholeDigits}(?:\\.0+)?" : $"{sign}{number.WholeDigits}\\.{number.FractionDigits}0*";
    }

    private State? Step(State state, byte value)
    {
        if (value == '-')
            return state.Phase == Phase.Start ? state with { Phase = Phase.Sign, Negative = true } : null;
        if (value == '.')
            return !_integer && state.Phase is (Phase.Zero or Phase.Whole) ? EndWhole(state) : null;
        var digit = value - '0';
        return state.Phase switch
        {
            Phase.Start or Phase.Sign => Digit(state with { Phase = digit == 0 ? Phase.Zero : Phase.Whole }, digit),
            Phase.Whole when state.Whole < _wholeDigits => Digit(state, digit),
            Phase.Point or Phase.Fraction when state.Fraction < _fractionDigits && state.Whole + state.Fraction < Math.Max(MaxDigits, _wholeDigits) => FractionDigit(state, digit),
            _ => null,
        };
    }

    private State Digit(State state, int digit) => state with
    {
        Whole = state.Whole + 1,
        NotZero = state.NotZero || digit != 0,
        ToMinimum = Compare(state.ToMinimum, _facts.Minimum?.Value.WholeDigits, state.Whole, digit),
        ToMaximum = Compare(state.ToMaximum, _facts.Maximum?.Value.WholeDigits, state.Whole, digit),
        Rest = (int)(((state.Rest * 10) + digit) % _step),
    };

    // Lengths decide between whole parts; then the fraction is compared from its first digit.
    private State EndWhole(State state) => state with
    {
        Phase = Phase.Point,
        ToMinimum = OfLength(state.ToMinimum, _facts.Minimum?.Value.WholeDigits, state.Whole),
        ToMaximum = OfLength(state.ToMaximum, _facts.Maximum?.Value.WholeDigits, state.Whole),
    };

    private State FractionDigit(State state, int digit) => state with
    {
        Phase = Phase.Fraction,
        Fraction = state.Fraction + 1,
        NotZero = state.NotZero || digit != 0,
        ToMinimum = Compare(state.ToMinimum, Padded(_facts.Minimum, state.Fraction), state.Fraction, digit),
        ToMaximum = Compare(state.ToMaximum, Padded(_facts.Maximum, state.Fraction), state.Fraction, digit),
        Rest = (int)(((state.Rest * 10) + digit) % _step),
    };

    private static string? Padded((DecimalNumber Value, bool Exclusive)? bound, int digits) => bound?.Value.FractionDigits.PadRight(digits + 1, '0');

    private bool Accepts(State state)
    {
        if (state.Phase is not (Phase.Zero or Phase.Whole or Phase.Fraction) || (state.Negative && !state.NotZero))
            return false;
        if (state.Phase is Phase.Zero or Phase.Whole)
            state = EndWhole(state);
        return Obeys(state, _facts.Minimum, state.ToMinimum, 1) && Obeys(state, _facts.Maximum, state.ToMaximum, -1)
            && IsOfSteps(state.Rest * BigInteger.Pow(10, _stepScale - Math.Min(_stepScale, state.Fraction)));
    }

    private bool IsOfSteps(BigInteger rest) => _steps.TrueForAll(step => rest % step == 0) && !_notSteps.Exists(step => rest % step == 0);

    // Side is the sign that the number minus the bound must have.
    private static bool Obeys(State state, (DecimalNumber Value, bool Exclusive)? bound, int magnitude, int side)
    {
        if (bound is not { } limit)
            return true;
        var sign = !state.NotZero ? 0 : state.Negative ? -1 : 1;
        int order;
        if (sign != limit.Value.Unscaled.Sign)
            order = sign.CompareTo(limit.Value.Unscaled.Sign);
        else if (magnitude == 0 && limit.Value.FractionDigits.Length > state.Fraction)
            order = -sign;
        else
            order = magnitude * sign;
        return order == 0 ? !limit.Exclusive : Math.Sign(order) == side;
    }

    private static int Compare(int before, string? bound, int index, int digit) =>
        before != 0 || bound == null || index >= bound.Length ? before : Math.Sign(digit - (bound[index] - '0'));

    private static int OfLength(int order, string? bound, int digits) => bound == null ? 0 : digits == bound.Length ? order : Math.Sign(digits - bound.Length);

    private enum Phase
    {
        Start,
        Sign,
        Zero,
        Whole,
        Point,
        Fraction,
    }

    private readonly record struct State(
        Phase Phase, bool Negative = false, bool NotZero = false, int Whole = 0, int Fraction = 0, int ToMinimum = 0, int ToMaximum = 0, int Rest = 0);
}
