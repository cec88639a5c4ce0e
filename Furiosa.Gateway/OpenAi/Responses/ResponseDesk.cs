using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi.Responses;

/// <summary>Answers questions about the responses that this process keeps, whoever asks: a client here, or another gateway for a client there.</summary>
/// <param name="store">What it keeps.</param>
/// <param name="mostItemText">How long all items of one question may be.</param>
internal sealed class ResponseDesk(ResponseStore store, long mostItemText)
{
    private const int MostListed = 100;

    // How long and how much events are gathered for one answer to another gateway.
    private static readonly TimeSpan EventPatience = TimeSpan.FromSeconds(5);
    private const int MostEventBytes = 1024 * 1024;

    /// <summary>Whether this process has what is asked for.</summary>
    public bool Has(ResponseQuestion question) => question.Verb == ResponseVerb.Items ? store.FindItem(question.Id, question.Owner) is not null : store.Has(question.Id);

    /// <summary>The answer, as JSON.</summary>
    /// <exception cref="ApiException">There is no such response, or it cannot be done.</exception>
    public async Task<byte[]> AnswerAsync(ResponseQuestion question)
    {
        if (question.Verb == ResponseVerb.Items) return Text(FindItems(question));
        var run = store.Require(question.Id, question.Owner, question.Param);
        return question.Verb switch
        {
            ResponseVerb.Show => Json(run.Write),
            ResponseVerb.Cancel => await CancelAsync(run),
            ResponseVerb.Delete => await DeleteAsync(run),
            ResponseVerb.ListInput => ListInput(run, question.Query),
            ResponseVerb.Conversation => Text(new JArray(ConversationOf(run, question.Param))),
            _ => await EventsAsync(run, question.First),
        };
    }

    /// <summary>The log of a response's events.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public static ResponseEventLog LogOf(ResponseRun run) => run.Log
        ?? throw ApiException.Invalid("stream", "This response was made without 'stream' and 'background', so its events were not kept: ask for it without 'stream'.");

    // Counted before an array copies them: a question is short however much it asks for.
    private JArray FindItems(ResponseQuestion question)
    {
        var items = new JArray();
        var length = 0L;
        foreach (var id in question.Ids)
        {
            var item = store.FindItem(id, question.Owner) ?? throw new ApiException(store.Ids.ItemNotFound(id, question.Param ?? ResponseInput.Field));
            length += JsonWeight.TextOf(item);
            if (length > mostItemText) throw ResponseReferences.TooLarge(mostItemText);
            items.Add(item);
        }
        return items;
    }

    private static IEnumerable<JToken> ConversationOf(ResponseRun run, string? param) => run.Conversation()
        ?? throw ApiException.Invalid(param, $"Response '{BodyFields.Shorten(run.Id)}' has no answer to go on with: wait until it is completed.");

    private static async Task<byte[]> CancelAsync(ResponseRun run)
    {
        if (!run.Request.Background) throw ApiException.Invalid(null, "Only a response made with 'background': true can be cancelled.");
        await run.CancelAsync();
        return Json(run.Write);
    }

    private async Task<byte[]> DeleteAsync(ResponseRun run)
    {
        if (run.Request.Background) await run.CancelAsync();
        store.Remove(run.Id);
        return Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("id"u8, run.Id);
            json.WriteString("object"u8, "response"u8);
            json.WriteBoolean("deleted"u8, true);
            json.WriteEndObject();
        });
    }

    private static byte[] ListInput(ResponseRun run, IReadOnlyDictionary<string, string> query)
    {
        string Value(string name) => query.GetValueOrDefault(name, "");
        var limit = Value("limit") is { Length: > 0 } text
            ? int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var asked) && asked is >= 1 and <= MostListed
                ? asked : throw ApiException.Invalid("limit", $"'limit' must be an integer from 1 to {MostListed}.")
            : 20;
        var order = Value("order") switch
        {
            "" => "desc",
            "asc" or "desc" => Value("order"),
            _ => throw ApiException.Invalid("order", "'order' must be asc or desc."),
        };
        foreach (var name in new[] { "after", "before" })
        {
            if (Value(name) is { Length: > 0 } id && run.Request.Items.All(item => (string?)item["id"] != id))
                throw ApiException.Invalid(name, $"'{name}' is '{id}', which is no item of this response's input.");
        }

        IEnumerable<JToken> items = run.Request.Items;
        if (order == "desc") items = items.Reverse();
        if (Value("after") is { Length: > 0 } after) items = items.SkipWhile(item => (string?)item["id"] != after).Skip(1);
        if (Value("before") is { Length: > 0 } before) items = items.TakeWhile(item => (string?)item["id"] != before);
        var all = items.ToList();
        var page = all.Take(limit).Select(item => ResponseInput.ToListed((JObject)item)).ToList();
        return Text(new JObject
        {
            ["object"] = "list",
            ["data"] = new JArray(page),
            ["first_id"] = page.FirstOrDefault()?["id"]?.DeepClone() ?? JValue.CreateNull(),
            ["last_id"] = page.LastOrDefault()?["id"]?.DeepClone() ?? JValue.CreateNull(),
            ["has_more"] = all.Count > page.Count,
        });
    }

    private static async Task<byte[]> EventsAsync(ResponseRun run, int first)
    {
        var log = LogOf(run);
        using var patience = new CancellationTokenSource(EventPatience);
        IReadOnlyList<byte[]> frames;
        var isOver = false;
        try
        {
            frames = await log.ReadAsync(first, patience.Token);
            isOver = frames.Count == 0;
        }
        catch (OperationCanceledException)
        {
            frames = [];
        }
        var bytes = 0;
        return Text(new JObject
        {
            ["frames"] = new JArray(frames.TakeWhile((frame, i) => (bytes += frame.Length) <= MostEventBytes || i == 0).Select(Encoding.UTF8.GetString)),
            ["over"] = isOver,
        });
    }

    private static byte[] Text(JToken json) => Encoding.UTF8.GetBytes(json.ToString(Formatting.None));

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body, JsonResponse.Options)) write(json);
        return body.WrittenSpan.ToArray();
    }
}
