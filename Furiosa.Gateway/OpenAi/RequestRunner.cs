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
        GenerationJob? job = null;
        CancellationTokenSource? timeout = null;
        try
        {
            var model = state.RequireModel();
            var request = await read(model);
            job = jobOf(request);
            job.Record = record;
            record.Accept(job);
            // From here on: how long a body may take is the client's pace, which its receiver bounds.
            timeout = state.Limiter!.Options.RequestTimeout is { } longest ? new CancellationTokenSource(longest, clock) : new CancellationTokenSource();
            job.Deadline = timeout.Token;
            record.Admitted = await AdmitAsync(context, job, timeout.Token);
            await answer(request);
        }
        catch (ApiException refused)
        {
            // What goes on in the background tells of itself.
            if (job?.GoesOn is null) record.Fail(refused.Error);
            throw;
        }
        catch (Exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            if (job?.GoesOn is null) record.Fail(ApiError.Internal("A defect of the server."));
            throw;
        }
        finally
        {
            if (job?.GoesOn is { } rest)
            {
                _ = EndAfterAsync(rest, record, timeout);
            }
            else
            {
                if (context.RequestAborted.IsCancellationRequested) record.Abort("The client went away.");
                End(record, timeout);
            }
        }
    }

    private async Task<AdmittedRequest> AdmitAsync(HttpContext context, GenerationJob job, CancellationToken timeout)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, timeout);
        try
        {
            return await state.Limiter!.AdmitAsync(context.Features.Get<ClientKey>(), job, context.Response.Headers, ended.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            throw new ApiException(ApiError.TimedOut());
        }
    }

    private static async Task EndAfterAsync(Task rest, RequestRecord record, CancellationTokenSource? timeout)
    {
        await rest;
        End(record, timeout);
    }

    private static void End(RequestRecord record, CancellationTokenSource? timeout)
    {
        record.Admitted?.End(record.GeneratedTokens);
        record.End();
        timeout?.Dispose();
    }
}
