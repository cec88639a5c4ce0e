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
        ["seed_oss", "<seed:bos>assistant\n", "<seed:think>a</seed:think>b</think>", "a", "b</think>"],
        ["minimax_m3", "ai\n<mm:think>", "a</mm:think>b", "a", "b"],
        ["mistral", "[/INST]", "[THINK]a[/THINK]b", "a", "b"],
        ["granite", "assistant", "Here is my thought process: a Here is my response: b", "a", "b"],
        ["cohere", "<|CHATBOT_TOKEN|>", "<|START_THINKING|>a < b<|END_THINKING|><|START_RESPONSE|>c <| d<|END_RESPONSE|>", "a < b", "c <| d"],
        ["cohere", "<|START_THINKING|><|END_THINKING|>", "c", "", "c"],
        ["cohere", "<|START_THINKING|>", "a", "a", ""],
        ["solar", "<|begin|>assistant", "<|think|>a<|end|><|begin|>assistant<|content|>b<|end|>", "a", "b"],
        ["kimi_k3", "<|sep|><|open|>think<|sep|>", "a<|close|>think<|sep|><|open|>response<|sep|>b<|close|>response<|sep|><|close|>message<|sep|>", "a", "b"],
        ["muse", "<|start|>assistant", " to=self<|message|>a<|eom|><|start|>assistant to=user<|message|>b to=c<|eot|>", "a", "b to=c"],
        ["functionary", "\n\n>>>", "all\nb >>> c", "", "b >>> c"],
        ["functionary", "\n\n>>>", "get_weather\n{}", "", ">>>get_weather\n{}"],
        ["functionary", "\n\n>>>", "Well, b", "", "Well, b"],
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

    [TestCase(null, "{{ '<think>' + '</think>' }}", null)]
    [TestCase("auto", "{{ '<think>' + '</think>' }}", "qwen3")]
    [TestCase("auto", "{{ messages }}", null)]
    [TestCase(null, "{{ '<|START_THINKING|>' }}", "cohere")]
    [TestCase("exaone4", "{{ '<|START_THINKING|>' }}", "exaone4")]
    public void Resolve_NameAndTemplate_TellTheParser(string? name, string template, string? parser)
    {
        Assert.That(ReasoningParsers.Resolve(name, template), Is.EqualTo(parser));
    }

    [Test]
    public void Create_UnknownName_IsRefusedWithTheNames()
    {
        Assert.That(() => ReasoningParsers.Create("qwen9", ""), Throws.ArgumentException.With.Message.Contains("qwen3, deepseek_r1, exaone4"));
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
