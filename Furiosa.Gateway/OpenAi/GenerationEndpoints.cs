using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Streaming;

namespace Furiosa.Gateway.OpenAi;

/// <summary><c>POST /v1/chat/completions</c> and <c>POST /v1/completions</c>: body, checked request, job, answer.</summary>
internal sealed class GenerationEndpoints(ServerState state, RequestBodies bodies, HttpOptions options, TimeProvider clock)
{
    public Task ChatAsync(HttpContext context) => RunAsync(context, isChat: true);

    public Task CompletionAsync(HttpContext context) => RunAsync(context, isChat: false);

    private async Task RunAsync(HttpContext context, bool isChat)
    {
        var model = state.RequireModel();
        if (ResumableStreams.PositionOf(context) is { } position)
        {
            await TakeUpAsync(context, model, position, isChat);
            return;
        }
        var resumable = ResumableStreams.IsAsked(context) && state.Runtime?.Archive is not null;
        ResumeRecord? record = null;
        var job = await bodies.ReadAsync(context, fields =>
        {
            if (resumable) ResumableStreams.FixSeed(fields.Values);
            var made = Make(fields, model, context.TraceIdentifier, clock, isChat);
            if (resumable && made.Settings.Stream.Enabled)
                record = new ResumeRecord(isChat, context.TraceIdentifier, made.Created, fields.Values, [.. made.Prompts.Select(prompt => prompt.Ids)]);
            return made;
        });
        var marks = record is null ? null : await ResumableStreams.KeepAsync(state.Runtime!.Archive!, record, job);
        await AnswerAsync(context, job, isChat, marks);
    }

    private async Task TakeUpAsync(HttpContext context, ServingModel model, StreamPosition position, bool isChat)
    {
        if (state.Runtime?.Archive is not { } archive) throw ApiException.Invalid("Last-Event-ID", "This server keeps no streams.");
        var record = await ResumableStreams.FindAsync(archive, position, isChat);
        var job = Make(new BodyFields(record.Body), model, record.RequestId, new RecordedClock(record.Created), isChat).WithPrompts(record.Prompts);
        await AnswerAsync(context, job, isChat, ResumableStreams.GoOn(position, job));
    }

    private static GenerationJob Make(BodyFields fields, ServingModel model, string requestId, TimeProvider clock, bool isChat) => isChat
        ? GenerationJob.ForChat(ChatRequest.Read(fields, model), model, requestId, clock)
        : GenerationJob.ForCompletion(CompletionRequest.Read(fields, model), model, requestId, clock);

    private Task AnswerAsync(HttpContext context, GenerationJob job, bool isChat, StreamMarks? marks)
    {
        AnswerFormat format = isChat ? new ChatFormat(job) : new CompletionFormat(job);
        return job.Settings.Stream.Enabled ? StreamedAnswer.RunAsync(context, job, format, sse => new KeepAlive(sse, options.KeepAliveInterval, clock), marks) : WholeAnswer.RunAsync(context, job, format);
    }

    private sealed class RecordedClock(long created) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(created);
    }
}
