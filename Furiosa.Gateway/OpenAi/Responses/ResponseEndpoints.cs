using System.Globalization;
using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Streaming;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi.Responses;

/// <summary><c>/v1/responses</c>: create, show, cancel, delete, list the input.</summary>
internal sealed class ResponseEndpoints(RequestRunner runner, ResponseStore store, HttpOptions options, TimeProvider clock)
{
    private const string Path = "/v1/responses";
    private const int MostListed = 100;

    public void Map(WebApplication app)
    {
        app.MapPost(Path, CreateAsync);
        app.MapGet(Path + "/{id}", ShowAsync);
        app.MapDelete(Path + "/{id}", DeleteAsync);
        app.MapPost(Path + "/{id}/cancel", CancelAsync);
        app.MapGet(Path + "/{id}/input_items", ListInputAsync);
    }

    private Task CreateAsync(HttpContext context) => runner.RunAsync(
        context, "responses", (fields, model) =>
        {
            var request = ResponseRequest.Read(fields, model, store);
            return new ResponseRun(request, MakeJob(request, model, context.TraceIdentifier), store.Ids.New(), clock);
        },
        run => run.Job,
        run => run.Request.Background ? BeginInBackgroundAsync(context, run) : run.Request.Stream ? StreamAsync(context, run) : AnswerAsync(context, run));

    private GenerationJob MakeJob(ResponseRequest request, ServingModel model, string requestId)
    {
        try
        {
            return GenerationJob.ForChat(request.Chat, model, requestId, clock);
        }
        catch (ApiException error)
        {
            throw new ApiException(ResponseFields.Rename(error.Error));
        }
    }

    private async Task AnswerAsync(HttpContext context, ResponseRun run)
    {
        await run.RunAsync(context.RequestAborted);
        context.RequestAborted.ThrowIfCancellationRequested();
        if (run.Request.Store) store.Add(run);
        await JsonResponse.WriteAsync(context, run.Write);
    }

    private async Task StreamAsync(HttpContext context, ResponseRun run)
    {
        using var left = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var running = run.RunAsync(left.Token);
        try
        {
            // Nothing is sent before the first result, so that a refusal is a plain error.
            if (await Task.WhenAny(run.Begun, running) == running) await running;
            if (run.Request.Store) store.Add(run);
            await PumpAsync(context, run.Log!, 0);
        }
        finally
        {
            await left.CancelAsync();
            await running;
            if (context.RequestAborted.IsCancellationRequested) store.Remove(run.Id);
        }
    }

    private async Task BeginInBackgroundAsync(HttpContext context, ResponseRun run)
    {
        run.Job.Detach();
        store.Add(run);
        _ = Task.Run(() => run.RunAsync(CancellationToken.None), CancellationToken.None);
        if (run.Request.Stream)
        {
            await run.Begun.WaitAsync(context.RequestAborted);
            await PumpAsync(context, run.Log!, 0);
            return;
        }
        await JsonResponse.WriteAsync(context, run.Write);
    }

    private async Task ShowAsync(HttpContext context)
    {
        var run = store.Require(IdOf(context));
        if (Query(context, "stream", "false", ["true", "false"]) == "false")
        {
            await JsonResponse.WriteAsync(context, run.Write);
            return;
        }
        var after = context.Request.Query["starting_after"].ToString();
        var first = 0;
        if (after.Length > 0 && (!int.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out first) || first++ == int.MaxValue))
            throw ApiException.Invalid("starting_after", "'starting_after' must be the sequence number of an event.");
        if (run.Log is null) throw ApiException.Invalid("stream", "This response was made without 'stream' and 'background', so its events were not kept: ask for it without 'stream'.");
        await PumpAsync(context, run.Log, first);
    }

    private async Task CancelAsync(HttpContext context)
    {
        var run = store.Require(IdOf(context));
        if (!run.Request.Background) throw ApiException.Invalid(null, "Only a response made with 'background': true can be cancelled.");
        await run.CancelAsync();
        await JsonResponse.WriteAsync(context, run.Write);
    }

    private async Task DeleteAsync(HttpContext context)
    {
        var run = store.Require(IdOf(context));
        if (run.Request.Background) await run.CancelAsync();
        store.Remove(run.Id);
        await JsonResponse.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("id"u8, run.Id);
            json.WriteString("object"u8, "response"u8);
            json.WriteBoolean("deleted"u8, true);
            json.WriteEndObject();
        });
    }

    private Task ListInputAsync(HttpContext context)
    {
        var run = store.Require(IdOf(context));
        var limit = context.Request.Query["limit"].ToString() is { Length: > 0 } text
            ? int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var asked) && asked is >= 1 and <= MostListed
                ? asked : throw ApiException.Invalid("limit", $"'limit' must be an integer from 1 to {MostListed}.")
            : 20;
        IEnumerable<JToken> items = run.Request.Items;
        if (Query(context, "order", "desc", ["asc", "desc"]) == "desc") items = items.Reverse();
        var (after, before) = (context.Request.Query["after"].ToString(), context.Request.Query["before"].ToString());
        if (after.Length > 0) items = items.SkipWhile(item => (string?)item["id"] != after).Skip(1);
        if (before.Length > 0) items = items.TakeWhile(item => (string?)item["id"] != before);
        var all = items.ToList();
        var page = all.Take(limit).Select(item => ResponseInput.ToListed((JObject)item)).ToList();
        return JsonResponse.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("object"u8, "list"u8);
            json.WritePropertyName("data"u8);
            json.WriteRawValue(new JArray(page).ToString(Formatting.None), skipInputValidation: true);
            json.WriteString("first_id"u8, (string?)page.FirstOrDefault()?["id"]);
            json.WriteString("last_id"u8, (string?)page.LastOrDefault()?["id"]);
            json.WriteBoolean("has_more"u8, all.Count > page.Count);
            json.WriteEndObject();
        });
    }

    private async Task PumpAsync(HttpContext context, ResponseEventLog log, int first)
    {
        var gone = context.RequestAborted;
        StreamedAnswer.Begin(context.Response);
        using var sse = new SseWriter(context.Response.BodyWriter);
        var alive = new KeepAlive(sse, options.KeepAliveInterval, clock);
        while (await alive.WaitAsync(log.ReadAsync(first, gone), gone) is { Count: > 0 } frames)
        {
            foreach (var frame in frames) sse.WriteFrame(frame);
            first += frames.Count;
            if (!await sse.FlushAsync(gone)) return;
            alive.Note();
        }
        await sse.FlushAsync(gone);
    }

    private static string IdOf(HttpContext context) => context.Request.RouteValues["id"] as string ?? "";

    private static string Query(HttpContext context, string name, string otherwise, string[] words)
    {
        var value = context.Request.Query[name].ToString();
        if (value.Length == 0) return otherwise;
        return words.Contains(value) ? value : throw ApiException.Invalid(name, $"'{name}' must be {string.Join(" or ", words)}.");
    }
}
