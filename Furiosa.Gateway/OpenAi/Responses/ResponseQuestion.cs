using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi.Responses;

/// <summary>What is to be done with a stored response.</summary>
internal enum ResponseVerb
{
    /// <summary>The response object.</summary>
    Show,

    /// <summary>End it, then the response object.</summary>
    Cancel,

    /// <summary>Forget it.</summary>
    Delete,

    /// <summary>Its input.</summary>
    ListInput,

    /// <summary>The messages that a new request goes on with.</summary>
    Conversation,

    /// <summary>Items by their ids.</summary>
    Items,

    /// <summary>Events from a number on, as soon as there are some.</summary>
    Events,
}

/// <summary>A question about stored responses, which the gateway that keeps them answers.</summary>
/// <param name="Verb">What is to be done.</param>
/// <param name="Id">The response, or the first of the items.</param>
/// <param name="Owner">The client that asks, as <see cref="Limits.ClientKey.Owner"/> says; null where there are no keys.</param>
internal sealed record ResponseQuestion(ResponseVerb Verb, string Id, string? Owner)
{
    /// <summary>The request field that named it, for complaints.</summary>
    public string? Param { get; init; }

    /// <summary>What else is asked, by name.</summary>
    public IReadOnlyDictionary<string, string> Query { get; init; } = new Dictionary<string, string>();

    /// <summary>All items that are wanted.</summary>
    public IReadOnlyList<string> Ids { get; init; } = [];

    /// <summary>The first event that is wanted.</summary>
    public int First { get; init; }

    public byte[] Write() => Encoding.UTF8.GetBytes(new JObject
    {
        ["verb"] = Verb.ToString(),
        ["id"] = Id,
        ["owner"] = Owner,
        ["param"] = Param,
        ["query"] = JObject.FromObject(Query),
        ["ids"] = new JArray(Ids),
        ["first"] = First,
    }.ToString(Formatting.None));

    /// <exception cref="JsonException">It is none.</exception>
    public static ResponseQuestion Read(ReadOnlySpan<byte> bytes)
    {
        var json = JObject.Parse(Encoding.UTF8.GetString(bytes));
        return new ResponseQuestion(Enum.Parse<ResponseVerb>((string)json["verb"]!), (string)json["id"]!, (string?)json["owner"])
        {
            Param = (string?)json["param"],
            Query = json["query"]!.ToObject<Dictionary<string, string>>()!,
            Ids = json["ids"]!.ToObject<List<string>>()!,
            First = (int)json["first"]!,
        };
    }
}
