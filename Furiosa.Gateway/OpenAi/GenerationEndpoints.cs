using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Streaming;

namespace Furiosa.Gateway.OpenAi;

/// <summary><c>POST /v1/chat/completions</c> and <c>POST /v1/completions</c>: body, checked request, job, answer.</summary>
internal sealed class GenerationEndpoints(ServerState state, RequestBodies bodies, HttpOptions options, TimeProvider clock)
{
    public async Task ChatAsync(HttpContext context)
    {
        var model = state.RequireModel();
        var job = await bodies.ReadAsync(context, fields => GenerationJob.ForChat(ChatRequest.Read(fields, model), model, context.TraceIdentifier, clock));
        await AnswerAsync(context, job, new ChatFormat(job));
    }

    public async Task CompletionAsync(HttpContext context)
    {
        var model = state.RequireModel();
        var job = await bodies.ReadAsync(context, fields => GenerationJob.ForCompletion(CompletionRequest.Read(fields, model), model, context.TraceIdentifier, clock));
        await AnswerAsync(context, job, new CompletionFormat(job));
    }

    private Task AnswerAsync(HttpContext context, GenerationJob job, AnswerFormat format) =>
        job.Settings.Stream.Enabled ? StreamedAnswer.RunAsync(context, job, format, sse => new KeepAlive(sse, options.KeepAliveInterval, clock)) : WholeAnswer.RunAsync(context, job, format);
}
