using System.Text.Json;
using Furiosa.Actors.Protocol;
using Furiosa.Gateway.Streaming;
using Furiosa.Gateway.Tools.Requests;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi.Responses;

/// <summary>One response from its acceptance to its end, and as long as it is stored. Thread-safe.</summary>
internal sealed class ResponseRun
{
    private readonly Lock _lock = new();
    private readonly ResponseRequest _request;
    private readonly GenerationJob _job;
    private readonly TimeProvider _clock;
    private readonly ResponseDocument _document;
    private readonly ResponseBuilder _builder;
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isCancelled;
    private Action? _cancel;

    public ResponseRun(ResponseRequest request, GenerationJob job, ResponseIds ids, TimeProvider clock)
    {
        (_request, _job, _clock) = (request, job, clock);
        Log = request.Stream || request.Background ? new ResponseEventLog() : null;
        var logprobs = new LogprobJson(job.Model.Tokenizer, job.Settings);
        _document = new ResponseDocument
        {
            Id = ids.New(),
            CreatedAt = job.Created,
            Model = job.Model.Name,
            Echo = request.Echo,
            Logprobs = logprobs,
            Status = request.Background ? "queued" : "in_progress",
        };
        _builder = new ResponseBuilder(_document, new ResponseEvents(Log, _document, logprobs), ids);
    }

    public string Id => _document.Id;

    /// <summary>The client that asked for it, as <see cref="Limits.ClientKey.Owner"/> says; null where there are no keys.</summary>
    public string? Owner { get; init; }

    public ResponseRequest Request => _request;

    public GenerationJob Job => _job;

    /// <summary>Its events; null where nobody asked for any.</summary>
    public ResponseEventLog? Log { get; }

    /// <summary>Completes with the first result.</summary>
    public Task Begun => _begun.Task;

    /// <summary>Completes when nothing changes any more.</summary>
    public Task Ended => _ended.Task;

    public bool IsOver
    {
        get { lock (_lock) return _document.IsOver; }
    }

    /// <summary>
    /// About what it takes in memory: what the client sent as it came, and once more as it was read, with the grammar made of it; and
    /// what was answered, with the log-probabilities.
    /// </summary>
    public long Bytes => (Log?.Bytes ?? 0) + (2 * (JsonWeight.Of(_request.Items) + JsonWeight.Of(_request.Messages) + JsonWeight.Of(_request.Echo))) +
        _job.Requests.Sum(request => 8L * request.PromptIds.Length) + (_job.Settings.Grammar?.Bytes ?? 0) +
        (2L * _request.Chat.Prompt.Length) + BytesOf(_job.Tools) + BytesOf(_job.Settings.Sampling) + _document.Output.Sum(item => item.Bytes) + 4096;

    /// <summary>The ids of its items, of the input and of the output.</summary>
    public IReadOnlyList<string> ItemIds
    {
        get { lock (_lock) return [.. _request.Items.Select(item => (string)item["id"]!), .. _document.Output.Select(item => item.Id)]; }
    }

    /// <summary>An item as a client would send it; null where there is none of that id.</summary>
    public JObject? FindItem(string id)
    {
        lock (_lock)
        {
            if (_request.Items.FirstOrDefault(item => (string?)item["id"] == id) is JObject asked) return asked;
            return _document.Output.FirstOrDefault(item => item.Id == id) is { } made ? made.ToInput() : null;
        }
    }

    /// <summary>Computes it to its end.</summary>
    /// <param name="stop">Ends it: its client has gone.</param>
    /// <exception cref="ApiException">It failed before its client was told anything of it, and waits for it.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            lock (_lock) _cancel = either.Cancel;
            if (_isCancelled) await either.CancelAsync();
            await ComputeAsync(either.Token);
        }
        catch (Exception) when (either.IsCancellationRequested)
        {
            // Whatever way the computation took to end once it was told to, an error of its stream too, it is cancelled and not failed.
            if (_request.Background) _job.Record?.Abort("The response was cancelled.");
            End(_builder.Cancel);
        }
        catch (ApiException error) when (HasBeenTold)
        {
            _job.Record?.Fail(error.Error);
            End(() => _builder.Fail(ResponseFields.Rename(error.Error)));
        }
        catch (ApiException error)
        {
            throw new ApiException(ResponseFields.Rename(error.Error));
        }
        catch (Exception) when (HasBeenTold)
        {
            _job.Record?.Fail(ApiError.Internal("A defect of the server."));
            End(() => _builder.Fail(ApiError.Internal("The server failed on this response.")));
        }
        finally
        {
            lock (_lock) _cancel = null;
            _ended.TrySetResult();
            Log?.End();
        }
    }

    /// <summary>Ends it early; returns when it has ended.</summary>
    public async Task CancelAsync()
    {
        lock (_lock)
        {
            _isCancelled = true;
            _cancel?.Invoke();
        }
        await Ended;
    }

    /// <summary>Writes the response object as it is now.</summary>
    public void Write(Utf8JsonWriter json)
    {
        lock (_lock) _document.Write(json);
    }

    /// <summary>The conversation with this answer, for the request that goes on with it; null where it has no whole answer.</summary>
    public IEnumerable<JToken>? Conversation()
    {
        lock (_lock) return _document.Status is "completed" or "incomplete" ? [.. _request.Messages, AnswerMessage()] : null;
    }

    // Its failure is a part of the response then; otherwise the whole answer is an error, with a status of its own.
    private bool HasBeenTold => _request.Background || (_request.Stream && Begun.IsCompleted);

    private async Task ComputeAsync(CancellationToken stop)
    {
        var answer = new Answer(_job);
        await using var events = new GenerationEvents(_job, stop);
        while (!answer.IsComplete)
        {
            var next = await events.NextAsync();
            lock (_lock)
            {
                var news = StreamedAnswer.Apply(next, answer, stop);
                if (next is { Event: not GenerationStarted }) Begin();
                foreach (var (_, item) in news) _builder.Take(item, _job.NewParser is not null);
            }
        }
        var isWhole = answer.Choices[0].FinishReason != "length";
        End(() => _builder.Complete(isWhole, answer.Usage, _clock.GetUtcNow().ToUnixTimeSeconds()));
    }

    private void Begin()
    {
        if (Begun.IsCompleted) return;
        _builder.Begin();
        _begun.SetResult();
    }

    private void End(Action how)
    {
        lock (_lock)
        {
            Begin();
            if (!_document.IsOver) how();
        }
    }

    private static long BytesOf(ToolsRequest tools) =>
        (tools.ForTemplate is { } shown ? JsonWeight.Of(shown) : 0) + tools.Functions.Sum(function => function.Parameters is { } parameters ? JsonWeight.Of(parameters) : 0);

    // A node of a sorted dictionary takes some 64 bytes, an array 24 besides what it holds.
    private static long BytesOf(SamplingParameters sampling) =>
        (64L * (sampling.LogitBias?.Count ?? 0)) + (sizeof(int) * (long)(sampling.AllowedTokenIds?.Length ?? 0)) + sampling.BadWords.Sum(word => 32L + word.Length);

    private JObject AnswerMessage()
    {
        string Join(ResponseItemKind kind) => string.Concat(_document.Output.Where(item => item.Kind == kind).Select(item => item.Text));
        var message = new JObject { ["role"] = "assistant", ["content"] = Join(ResponseItemKind.Message) };
        if (Join(ResponseItemKind.Reasoning) is { Length: > 0 } reasoning) message["reasoning"] = reasoning;
        var calls = _document.Output.Where(item => item.Kind == ResponseItemKind.Call).ToList();
        if (calls.Count > 0)
        {
            message["tool_calls"] = new JArray(calls.Select(call => new JObject
            {
                ["id"] = call.CallId,
                ["type"] = "function",
                ["function"] = new JObject { ["name"] = call.Name, ["arguments"] = call.Text },
            }));
        }
        return message;
    }
}
