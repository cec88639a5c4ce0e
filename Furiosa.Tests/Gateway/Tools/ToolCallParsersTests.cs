using Furiosa.Gateway.Tools;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Gateway.Tools;

[TestFixture]
public sealed class ToolCallParsersTests
{
    [TestCase("Qwen-Qwen3-0.6B", "hermes")]
    [TestCase("Qwen-QwQ-32B", "hermes")]
    [TestCase("MiMo-VL", "hermes")]
    [TestCase("Reka-Edge", "hermes")]
    [TestCase("Bielik-11B-v3.0-Instruct", "hermes")]
    [TestCase("NousResearch-Hermes-3-Llama-3.1-8B-tool_use", "hermes")]
    [TestCase("Qwen3-Coder", "qwen3_xml")]
    [TestCase("NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "qwen3_xml")]
    [TestCase("StepFun3.5-Flash", "qwen3_xml")]
    [TestCase("meta-llama-Llama-3.1-8B-Instruct", "llama3_json")]
    [TestCase("meta-llama-Llama-3.2-3B-Instruct", "llama3_json")]
    [TestCase("meta-llama-Llama-3.3-70B-Instruct", "llama3_json")]
    [TestCase("mistralai-Mistral-Nemo-Instruct-2407", "mistral")]
    [TestCase("Mistral-Small-3.2-24B-Instruct-2506", "mistral")]
    [TestCase("unsloth-mistral-Devstral-Small-2507", "mistral")]
    [TestCase("deepseek-ai-DeepSeek-V3.1", "deepseek_v3")]
    [TestCase("deepseek-ai-DeepSeek-R1-Distill-Llama-8B", "deepseek_v3")]
    [TestCase("llama-cpp-deepseek-r1", "deepseek_v3")]
    [TestCase("LFM2.5-8B-A1B", "pythonic")]
    [TestCase("CohereForAI-c4ai-command-r7b-12-2024-tool_use", "cohere")]
    [TestCase("GLM-4.7-Flash", "glm45")]
    [TestCase("poolside-Laguna-XS.2", "glm45")]
    [TestCase("poolside-Laguna-XS-2.1", "glm45")]
    [TestCase("MiniMax-M3", "minimax_m3")]
    [TestCase("ByteDance-Seed-OSS", "seed_oss")]
    [TestCase("Kimi-K2-Instruct", "kimi_k2")]
    [TestCase("Kimi-K3", "kimi_k3")]
    [TestCase("upstage-Solar-Open-100B", "solar")]
    [TestCase("muse-glimmer", "atem")]
    [TestCase("GigaChat3-10B-A1.8B", "gigachat3")]
    [TestCase("GigaChat3.1-10B-A1.8B", "gigachat3")]
    [TestCase("fireworks-ai-llama-3-firefunction-v2", "functools")]
    [TestCase("meetkai-functionary-medium-v3.2", "functionary_v3")]
    [TestCase("microsoft-Phi-3.5-mini-instruct", null)]
    public void FromTemplate_RealTemplate_PicksItsSyntax(string template, string? parser)
    {
        if (TestPaths.Shared is not { } shared)
        {
            Assert.Ignore("The conformance templates are not here.");
            return;
        }

        var source = File.ReadAllText(Path.Combine(shared, "conformance", "chat-templates", template + ".jinja"));

        Assert.That(ToolCallParsers.FromTemplate(source), Is.EqualTo(parser));
    }

    // No data of these models is here: what their authors say of them.
    [TestCase("respond with <|tool_call|> followed by a JSON list of tools used.", "granite")]
    [TestCase("<minimax:tool_call><invoke name=\"tool\"><parameter name=\"key\">value</parameter></invoke></minimax:tool_call>", "minimax_m2")]
    [TestCase("<｜DSML｜function_calls>", "deepseek_v32")]
    [TestCase("<TOOLCALL>[{\"name\": \"f\", \"arguments\": {}}]</TOOLCALL>", "nemotron_json")]
    [TestCase("within <tool_calls></tool_calls> tags", "tool_calls")]
    [TestCase("<function=example_function_name>{\"example_name\": \"example_value\"}</function>", "function_tags")]
    [TestCase("{{ message.content }}", null)]
    public void FromTemplate_Words_TellTheSyntax(string template, string? parser)
    {
        Assert.That(ToolCallParsers.FromTemplate(template), Is.EqualTo(parser));
    }

    [Test]
    public void Resolve_AutoForTheBundledModel_IsHermes()
    {
        var source = File.ReadAllText(Path.Combine(TestPaths.Root, "models", "furiosa-demo", "chat_template.jinja"));

        Assert.That(ToolCallParsers.Resolve("auto", source), Is.EqualTo("hermes"));
    }

    [Test]
    public void Resolve_UnknownName_IsRefusedWithTheNames()
    {
        Assert.That(() => ToolCallParsers.Resolve("hermess", ""), Throws.ArgumentException.With.Message.Contains("auto, hermes, llama3_json"));
    }
}
