using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Limits;
using Furiosa.Gateway.Observability;

namespace Furiosa.Gateway.OpenAi;

/// <summary>What every request to the model goes through: it is recorded, its body read, its turn awaited, its time bounded.</summary>
internal sealed class RequestRunner(ServerState state, RequestBodies bodies, TimeProvider clock)
{
    /// <param name="context">The call.</param>
    /// <param name="endpoint">Its name for the log and the console.</param>
    /// <param name="read">Makes the request of its body.</param>
    /// <param name="jobOf">The request's job.</param>
    /// <param name="answer">Answers it.</param>
    public Task RunAsync<T>(HttpContext context, string endpoint, Func<BodyFields, ServingModel, T> read, Func<T, GenerationJob> jobOf, Func<T, Task> answer) =>
        RunAsync(context, endpoint, model => bodies.ReadAsync(context, fields => read(fields, model)), jobOf, answer);

    /// <param name="context">The call.</param>
    /// <param name="endpoint">Its name for the log and the console.</param>
    /// <param name="read">Makes the request for the model.</param>
    /// <param name="jobOf">The request's job.</param>
    /// <param name="answer">Answers it.</param>
    public async Task RunAsync<T>(HttpContext context, string endpoint, Func<ServingModel, Task<T>> read, Func<T, GenerationJob> jobOf, Func<T, Task> answer)
    {
        var record = state.Observatory.Receive(context, endpoint);
        try
        {
            var model = state.RequireModel();
            var request = await read(model);
            var job = jobOf(request);
            job.Record = record;
            record.Accept(job);
            await AdmitAsync(context, job, record, () => answer(request));
        }
        catch (ApiException refused)
        {
            record.Fail(refused.Error);
            throw;
        }
        catch (Exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            record.Fail(ApiError.Internal("A defect of the server."));
            throw;
        }
        finally
        {
            if (context.RequestAborted.IsCancellationRequested) record.Abort();
            record.End();
        }
    }

    private async Task AdmitAsync(HttpContext context, GenerationJob job, RequestRecord record, Func<Task> answer)
    {
        var limiter = state.Limiter!;
        using var timeout = limiter.Options.RequestTimeout is { } longest ? new CancellationTokenSource(longest, clock) : new CancellationTokenSource();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, timeout.Token);
        job.Deadline = timeout.Token;
        AdmittedRequest admitted;
        try
        {
            admitted = await limiter.AdmitAsync(context.Features.Get<ClientKey>(), job, context.Response.Headers, ended.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            throw new ApiException(ApiError.TimedOut());
        }
        record.Admitted = admitted;
        try
        {
            await answer();
        }
        finally
        {
            admitted.End(record.GeneratedTokens);
        }
    }
}
