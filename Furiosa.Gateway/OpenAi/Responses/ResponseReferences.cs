using System.Text;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi.Responses;

/// <summary>Fetches what a request names by id: the response that it goes on with, and earlier items.</summary>
internal sealed class ResponseReferences(ResponseForwarding forwarding)
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
        foreach (var gateway in named.GroupBy(item => ResponseIds.GatewayOf(item.Id)))
        {
            var found = await AskAsync(new ResponseQuestion(ResponseVerb.Items, gateway.First().Id, owner) { Param = PathOf(gateway.First().Place), Ids = [.. gateway.Select(item => item.Id)] });
            foreach (var (item, i) in gateway.Select((item, i) => (item, i))) input[item.Place] = found[i].DeepClone();
        }
    }

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
