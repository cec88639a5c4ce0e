using System.Text;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi.Responses;

/// <summary>Fetches what a request names by id: the response that it goes on with, and earlier items.</summary>
/// <param name="forwarding">Asks for it.</param>
/// <param name="mostItemText">How long all items in the place of references may be: as long as if a body had brought them.</param>
internal sealed class ResponseReferences(ResponseForwarding forwarding, long mostItemText)
{
    private const string Type = "item_reference";
    private const int MostReferences = 1000;

    /// <summary>Puts the items in the place of their references, and gives the messages of the conversation so far.</summary>
    /// <param name="fields">The request.</param>
    /// <param name="owner">The client, as <see cref="Limits.ClientKey.Owner"/> says; null where there are no keys.</param>
    /// <exception cref="ApiException">One of them is not there.</exception>
    public async Task<JArray> FetchAsync(BodyFields fields, string? owner)
    {
        const string param = "previous_response_id";
        await FetchItemsAsync(fields, owner);
        return fields.Text(param) is { } id ? await AskAsync(new ResponseQuestion(ResponseVerb.Conversation, id, owner) { Param = param }) : [];
    }

    private async Task FetchItemsAsync(BodyFields fields, string? owner)
    {
        if (fields.Find(ResponseInput.Field) is not JArray input) return;
        var places = Enumerable.Range(0, input.Count).Where(i => input[i] is JObject item && IsReference(item)).ToList();
        if (places.Count > MostReferences) throw ApiException.Invalid(ResponseInput.Field, $"'input' has {places.Count} references to items, but may have {MostReferences}.");
        var named = places.Select(i => (Place: i, Id: new BodyFields((JObject)input[i], PathOf(i)).Text("id")
            ?? throw ApiException.Invalid($"{PathOf(i)}.id", $"'{PathOf(i)}.id' must be the id of an earlier item."))).ToList();
        var left = mostItemText;
        foreach (var gateway in named.GroupBy(item => ResponseIds.GatewayOf(item.Id)))
        {
            // Each is asked for once, and counts as often as it is referred to.
            var items = gateway.GroupBy(item => item.Id, item => item.Place).ToList();
            var found = await AskAsync(new ResponseQuestion(ResponseVerb.Items, items[0].Key, owner) { Param = PathOf(items[0].First()), Ids = [.. items.Select(item => item.Key)] });
            foreach (var (i, item) in items.Index())
            {
                left -= JsonWeight.TextOf((JContainer)found[i]) * item.Count();
                if (left < 0) throw TooLarge(mostItemText);
                foreach (var place in item) input[place] = found[i].DeepClone();
            }
        }
    }

    /// <summary>What is referred to is more than a request may bring.</summary>
    public static ApiException TooLarge(long most) =>
        ApiException.Invalid(ResponseInput.Field, $"The items that 'input' refers to take more than the {most} bytes that a request may have: refer to fewer of them, or to shorter ones.");

    // Clients may leave out the type.
    private static bool IsReference(JObject item) => item["type"] switch
    {
        { Type: JTokenType.String } type => (string)type! == Type,
        null or { Type: JTokenType.Null } => item.ContainsKey("id") && !item.ContainsKey("role") && !item.ContainsKey("content"),
        _ => false,
    };

    private async Task<JArray> AskAsync(ResponseQuestion question)
    {
        using var reader = new Newtonsoft.Json.JsonTextReader(new StringReader(Encoding.UTF8.GetString(await forwarding.AskAsync(question))))
        {
            DateParseHandling = Newtonsoft.Json.DateParseHandling.None,
        };
        return JArray.Load(reader);
    }

    private static string PathOf(int i) => $"{ResponseInput.Field}[{i}]";
}
