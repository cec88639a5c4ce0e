using Furiosa.Gateway.Chat;

namespace Furiosa.Tests.Gateway.Chat;

/// <summary>What keys do to a line that is typed at the terminal.</summary>
[TestFixture]
public sealed class EditedLineTests
{
    [TestCase("abc", "abc", 3)]
    [TestCase("abc<<X", "aXbc", 2)]
    [TestCase("abc~", "ab", 2)]
    [TestCase("abc<<|X", "aXc", 2, TestName = "Delete removes what is under the cursor")]
    [TestCase("one two^W", "one ", 4)]
    [TestCase("one two<<<^U", "two", 0)]
    [TestCase("one two<<<^K", "one ", 4)]
    [TestCase("one^AX^EY", "XoneY", 5)]
    [TestCase("e\u0301~", "", 0, TestName = "An accent goes with its letter")]
    [TestCase("😀<X", "X😀", 1)]
    [TestCase("↑", "second", 6)]
    [TestCase("↑↑↑", "first", 5)]
    [TestCase("new↑↑↓↓!", "new!", 4)]
    [TestCase("~<|^W^U", "", 0)]
    public void Keys_ChangeTheLine(string keys, string text, int cursor)
    {
        var line = new EditedLine(["first", "second"]);

        for (var i = 0; i < keys.Length; i++)
        {
            if (keys[i] == '^') line.Press(new ConsoleKeyInfo('\0', Enum.Parse<ConsoleKey>(keys[++i].ToString()), false, false, control: true));
            else line.Press(Key(keys[i]));
        }

        Assert.That((line.Text, line.Cursor), Is.EqualTo((text, cursor)));
    }

    private static ConsoleKeyInfo Key(char letter) => letter switch
    {
        '<' => new('\0', ConsoleKey.LeftArrow, false, false, false),
        '~' => new('\b', ConsoleKey.Backspace, false, false, false),
        '|' => new('\0', ConsoleKey.Delete, false, false, false),
        '↑' => new('\0', ConsoleKey.UpArrow, false, false, false),
        '↓' => new('\0', ConsoleKey.DownArrow, false, false, false),
        _ => new(letter, ConsoleKey.None, false, false, false),
    };
}
