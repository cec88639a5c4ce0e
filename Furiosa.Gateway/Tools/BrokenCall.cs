using System.Text;

namespace Furiosa.Gateway.Tools;

/// <summary>What one more character does to a broken call.</summary>
/// <param name="Arguments">Text that belongs to its arguments.</param>
/// <param name="Ended">Whether it is over.</param>
/// <param name="Rest">Text after it.</param>
internal readonly record struct BrokenStep(string Arguments, bool Ended, string Rest);

/// <summary>
/// The rest of a call whose beginning was passed on and that then left its syntax. Where its arguments are whole, only a closing mark
/// still belongs to it; else all that the model writes up to one does, so that whoever reads the arguments sees what is wrong with them.
/// </summary>
/// <param name="closings">The marks that end a call.</param>
/// <param name="isWhole">Whether the arguments are whole.</param>
internal sealed class BrokenCall(IReadOnlyList<string> closings, bool isWhole)
{
    private readonly StringBuilder _held = new();

    public BrokenStep Push(char character)
    {
        _held.Append(character);
        var passed = new StringBuilder();
        while (_held.Length > 0)
        {
            var held = _held.ToString();
            if (closings.Contains(held, StringComparer.Ordinal))
                return new BrokenStep(passed.ToString(), true, "");
            if (closings.Any(closing => closing.StartsWith(held, StringComparison.Ordinal)))
                break;
            if (isWhole)
                return new BrokenStep("", true, held);
            passed.Append(held[0]);
            _held.Remove(0, 1);
        }

        return new BrokenStep(passed.ToString(), false, "");
    }

    /// <summary>Ends the text: what still belongs to the arguments.</summary>
    public string Finish() => isWhole ? "" : _held.ToString();
}
