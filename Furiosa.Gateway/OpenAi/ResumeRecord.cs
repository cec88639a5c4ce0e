using System.Collections.Immutable;
using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi;

/// <summary>
/// What is kept of a request so that its stream can be made again anywhere: its body with the seed that was drawn, the ids of its prompts,
/// and what its frames carry.
/// </summary>
/// <param name="IsChat">Which endpoint it was sent to.</param>
/// <param name="Owner">The client that sent it, as <see cref="Limits.ClientKey.Owner"/> says; null where there are no keys.</param>
/// <param name="RequestId">The name in the answer's <c>id</c>.</param>
/// <param name="Created">The answer's <c>created</c>.</param>
/// <param name="Body">The body.</param>
/// <param name="Prompts">Token ids of each prompt.</param>
internal sealed record ResumeRecord(bool IsChat, string? Owner, string RequestId, long Created, JObject Body, IReadOnlyList<ImmutableArray<int>> Prompts)
{
    private const int MostBytes = 8 * 1024 * 1024;

    public byte[] Write()
    {
        var bytes = Encoding.UTF8.GetBytes(new JObject
        {
            ["chat"] = IsChat,
            ["owner"] = Owner,
            ["id"] = RequestId,
            ["created"] = Created,
            ["body"] = Body,
            ["prompts"] = new JArray(Prompts.Select(ids => new JArray(ids))),
        }.ToString(Formatting.None));
        return bytes.Length <= MostBytes
            ? bytes
            : throw ApiException.Invalid(ResumableStreams.Header, $"The request takes {bytes.Length} bytes, but one that can be taken up again may take {MostBytes}: send it without '{ResumableStreams.Header}'.");
    }

    public static ResumeRecord Read(byte[] bytes)
    {
        using var reader = new JsonTextReader(new StringReader(Encoding.UTF8.GetString(bytes))) { DateParseHandling = DateParseHandling.None, MaxDepth = 256 };
        var record = JObject.Load(reader);
        return new ResumeRecord(
            (bool)record["chat"]!, (string?)record["owner"], (string)record["id"]!, (long)record["created"]!, (JObject)record["body"]!,
            [.. record["prompts"]!.Select(ids => ids.Select(id => (int)id).ToImmutableArray())]);
    }
}
