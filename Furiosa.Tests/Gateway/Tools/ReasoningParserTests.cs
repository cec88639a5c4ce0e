using Furiosa.Gateway.Tools.Reasoning;

namespace Furiosa.Tests.Gateway.Tools;

[TestFixture]
public sealed class ReasoningParserTests
{
    public static readonly object[][] Cases =
    [
        ["deepseek_r1", "", "I think\n\nso.\n</think>\n\nYes.", "I think\n\nso.", "Yes."],
        ["deepseek_r1", "", "<think>\nHm.</think>Yes. </think> ", "Hm.", "Yes. </think> "],
        ["deepseek_r1", "...<think>\n", "never ends </thin", "never ends </thin", ""],
        ["deepseek_r1", "...<think></think>", "<b>Yes</b>", "", "<b>Yes</b>"],
        ["qwen3", "assistant\n", "<think>\nHm < 3 \n\n</think>\n\n Yes.\n", "Hm < 3", "Yes.\n"],
        ["qwen3", "assistant\n", "\n<thing> <think>no</think>", "", "\n<thing> <think>no</think>"],
        ["qwen3", "assistant\n<think>\n", "Hm.</think>Yes", "Hm.", "Yes"],
        ["qwen3", "assistant\n", "<think>\n\n</think>\n\nYes", "", "Yes"],
        ["qwen3", "assistant\n", " <thi", "", " <thi"],
        ["exaone4", "[|assistant|]<think>\n", "a </ b</think>c", "a </ b", "c"],
        ["exaone4", "[|assistant|]<think>\n\n</think>\n\n", "c", "", "c"],
    ];

    [TestCaseSource(nameof(Cases))]
    public void Feed_WholeText_IsParted(string name, string prompt, string text, string reasoning, string content)
    {
        Assert.That(Split(name, prompt, text, null), Is.EqualTo((reasoning, content)));
    }

    [TestCaseSource(nameof(Cases))]
    public void Feed_TextCutAnywhere_IsPartedAlike(string name, string prompt, string text, string reasoning, string content)
    {
        var random = new Random(3);
        for (var round = 0; round < 50; round++)
            Assert.That(Split(name, prompt, text, random), Is.EqualTo((reasoning, content)));
    }

    [Test]
    public void Create_UnknownName_IsRefusedWithTheNames()
    {
        Assert.That(() => ReasoningParsers.Create("qwen9", ""), Throws.ArgumentException.With.Message.Contains("deepseek_r1, qwen3, exaone4"));
    }

    private static (string Reasoning, string Content) Split(string name, string prompt, string text, Random? cuts)
    {
        var parser = ReasoningParsers.Create(name, prompt);
        var splits = new List<ReasoningSplit>();
        for (var at = 0; at < text.Length;)
        {
            var length = Math.Min(cuts?.Next(1, 6) ?? text.Length, text.Length - at);
            splits.Add(parser.Feed(text.Substring(at, length)));
            at += length;
        }

        splits.Add(parser.Finish());
        return (string.Concat(splits.Select(split => split.Reasoning)), string.Concat(splits.Select(split => split.Content)));
    }
}
