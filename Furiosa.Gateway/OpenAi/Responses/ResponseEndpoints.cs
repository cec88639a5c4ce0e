using System.Globalization;
using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Limits;
using Furiosa.Gateway.Streaming;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi.Responses;

/// <summary><c>/v1/responses</c>: create, show, cancel, delete, list the input. What another gateway keeps is asked of that.</summary>
internal sealed class ResponseEndpoints
{
    private const string Path = "/v1/responses";

    private readonly RequestRunner _runner;
    private readonly RequestBodies _bodies;
    private readonly ResponseStore _store;
    private readonly ResponseForwarding _forwarding;
    private readonly ResponseReferences _references;
    private readonly HttpOptions _options;
    private readonly TimeProvider _clock;

    public ResponseEndpoints(RequestRunner runner, RequestBodies bodies, HttpOptions options, ServerState state, TimeProvider clock)
    {
        (_runner, _bodies, _options, _clock) = (runner, bodies, options, clock);
        _store = new ResponseStore(options.Responses, ResponseIds.For(() => state.Runtime?.Exchange?.Name), clock);
        _forwarding = new ResponseForwarding(new ResponseDesk(_store, options.MaxBodyBytes), _store, state);
        _references = new ResponseReferences(_forwarding, options.MaxBodyBytes);
        state.AnswerGateways = _forwarding.AnswerAsync;
    }

    public void Map(WebApplication app)
    {
        app.MapPost(Path, CreateAsync);
        app.MapGet(Path + "/{id}", ShowAsync);
        app.MapDelete(Path + "/{id}", context => RelayAsync(context, ResponseVerb.Delete));
        app.MapPost(Path + "/{id}/cancel", context => RelayAsync(context, ResponseVerb.Cancel));
        app.MapGet(Path + "/{id}/input_items", context => RelayAsync(context, ResponseVerb.ListInput));
    }

    private Task CreateAsync(HttpContext context) => _runner.RunAsync(
        context, "responses",
        model => _bodies.ReadAndFetchAsync(context, async fields =>
        {
            var before = await _references.FetchAsync(fields, OwnerOf(context));
            using var turn = await _bodies.Grammars.TakeAsync(fields, context.RequestAborted);
            return MakeRun(fields, model, before, context);
        }),
        run => run.Job,
        run => run.Request.Background ? BeginInBackgroundAsync(context, run) : run.Request.Stream ? StreamAsync(context, run) : AnswerAsync(context, run));

    private ResponseRun MakeRun(BodyFields fields, ServingModel model, JArray before, HttpContext context)
    {
        var items = ResponseInput.Items(fields, _store.Ids);
        var messages = new JArray(before.Concat(ResponseInput.Messages(items)).Select(message => message.DeepClone()));
        var starts = ConversationStart.Candidates(messages);
        return ResponseFields.Truncates(fields) ? ConversationStart.Longest(starts, Make) : Make(starts[0]);

        ResponseRun Make(int start)
        {
            var request = ResponseRequest.Read(fields, model, _store, messages, items, start);
            return new ResponseRun(request, MakeJob(request, model, context.TraceIdentifier), _store.Ids, _clock) { Owner = OwnerOf(context) };
        }
    }

    private GenerationJob MakeJob(ResponseRequest request, ServingModel model, string requestId)
    {
        try
        {
            return GenerationJob.ForChat(request.Chat, model, requestId, _clock);
        }
        catch (ApiException error)
        {
            throw new ApiException(ResponseFields.Rename(error.Error));
        }
    }

    private async Task AnswerAsync(HttpContext context, ResponseRun run)
    {
        // Before it is computed: a store without room refuses it at once.
        if (run.Request.Store) _store.Add(run);
        try
        {
            await run.RunAsync(context.RequestAborted);
            context.RequestAborted.ThrowIfCancellationRequested();
        }
        catch
        {
            _store.Remove(run.Id);
            throw;
        }
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
            if (run.Request.Store) _store.Add(run);
            await PumpAsync(context, run.Log!.ReadAsync, 0);
        }
        finally
        {
            await left.CancelAsync();
            await running;
            if (context.RequestAborted.IsCancellationRequested) _store.Remove(run.Id);
        }
    }

    private async Task BeginInBackgroundAsync(HttpContext context, ResponseRun run)
    {
        _store.Add(run);
        run.Job.GoesOn = run.Ended;
        _ = Task.Run(() => run.RunAsync(CancellationToken.None), CancellationToken.None);
        if (run.Request.Stream)
        {
            await run.Begun.WaitAsync(context.RequestAborted);
            await PumpAsync(context, run.Log!.ReadAsync, 0);
            return;
        }
        await JsonResponse.WriteAsync(context, run.Write);
    }

    private async Task ShowAsync(HttpContext context)
    {
        var id = IdOf(context);
        var after = context.Request.Query["starting_after"].ToString();
        if (!WantsStream(context))
        {
            if (after.Length > 0) throw ApiException.Invalid("starting_after", "'starting_after' needs 'stream=true'.");
            await RelayAsync(context, ResponseVerb.Show);
            return;
        }
        var first = 0;
        if (after.Length > 0 && (!int.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out first) || first++ == int.MaxValue))
            throw ApiException.Invalid("starting_after", "'starting_after' must be the sequence number of an event.");
        if (_forwarding.IsElsewhere(new ResponseQuestion(ResponseVerb.Events, id, OwnerOf(context)))) await RelayEventsAsync(context, id, first);
        else await PumpAsync(context, ResponseDesk.LogOf(_store.Require(id, OwnerOf(context))).ReadAsync, first);
    }

    // The first events are awaited before anything is sent, so that a refusal is a plain error.
    private async Task RelayEventsAsync(HttpContext context, string id, int first)
    {
        var events = new RelayedEvents(_forwarding, id, OwnerOf(context));
        var begun = await events.ReadAsync(first, context.RequestAborted);
        await PumpAsync(context, (from, gone) => from == first ? ValueTask.FromResult(begun) : events.ReadAsync(from, gone), first);
    }

    private async Task RelayAsync(HttpContext context, ResponseVerb verb)
    {
        var answer = await _forwarding.AskAsync(new ResponseQuestion(verb, IdOf(context), OwnerOf(context))
        {
            Query = verb == ResponseVerb.ListInput ? context.Request.Query.ToDictionary(entry => entry.Key, entry => entry.Value.ToString()) : new Dictionary<string, string>(),
        });
        await JsonResponse.WriteAsync(context, answer);
    }

    private async Task PumpAsync(HttpContext context, Func<int, CancellationToken, ValueTask<IReadOnlyList<byte[]>>> read, int first)
    {
        var gone = context.RequestAborted;
        StreamedAnswer.Begin(context.Response);
        using var sse = new SseWriter(context.Response.BodyWriter);
        using var alive = new KeepAlive(sse, _options.KeepAliveInterval, _clock);
        while (await alive.WaitAsync(read(first, gone), gone) is { Count: > 0 } frames)
        {
            foreach (var frame in frames) sse.WriteFrame(frame);
            first += frames.Count;
            if (!await sse.FlushAsync(gone)) return;
            alive.Note();
        }
        await sse.FlushAsync(gone);
    }

    private static string? OwnerOf(HttpContext context) => context.Features.Get<ClientKey>()?.Owner;

    private static string IdOf(HttpContext context) => context.Request.RouteValues["id"] as string ?? "";

    private static bool WantsStream(HttpContext context) => context.Request.Query["stream"].ToString() switch
    {
        "" or "false" => false,
        "true" => true,
        _ => throw ApiException.Invalid("stream", "'stream' must be true or false."),
    };
}
