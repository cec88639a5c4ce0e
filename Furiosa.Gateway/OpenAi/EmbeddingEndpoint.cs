using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using Furiosa.Actors.Protocol;
using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Streaming;

namespace Furiosa.Gateway.OpenAi;

/// <summary><c>POST /v1/embeddings</c>: the served model's final hidden states, pooled to one vector for each input.</summary>
internal sealed class EmbeddingEndpoint(RequestRunner runner, TimeProvider clock)
{
    public Task EmbedAsync(HttpContext context) => runner.RunAsync(
        context, "embeddings", (fields, model) =>
        {
            var request = EmbeddingRequest.Read(fields, model);
            return (Request: request, Job: GenerationJob.ForEmbedding(request, model, context.TraceIdentifier, clock));
        },
        read => read.Job,
        async read =>
        {
            var vectors = await ComputeAsync(read.Job, context.RequestAborted);
            await JsonResponse.WriteAsync(context, json => Write(json, read.Request, read.Job.Model, vectors));
        });

    private static async Task<ImmutableArray<float>[]> ComputeAsync(GenerationJob job, CancellationToken gone)
    {
        var vectors = new ImmutableArray<float>[job.Prompts.Count];
        await using var events = new GenerationEvents(job, gone);
        for (var left = vectors.Length; left > 0;)
        {
            if (await events.NextAsync() is not { } next)
            {
                gone.ThrowIfCancellationRequested();
                throw new ApiException(ApiError.Internal("The runtime ended before the answer did.", ApiError.ComputeFault));
            }
            if (next.Event is GenerationStarted started) job.Record?.Start(next.Prompt, started.Replica, started.CachedPromptTokens);
            if (next.Event is PromptPooled pooled) vectors[next.Prompt] = pooled.Values;
            if (next.Event is GenerationFailed failed) throw new ApiException(failed.ToApiError(job, next.Prompt));
            if (next.Event is not GenerationCompleted) continue;
            job.Record?.EndPrompt(next.Prompt, "stop");
            left--;
        }
        return vectors;
    }

    private static void Write(Utf8JsonWriter json, EmbeddingRequest request, ServingModel model, ImmutableArray<float>[] vectors)
    {
        json.WriteStartObject();
        json.WriteString("object"u8, "list"u8);
        json.WriteStartArray("data"u8);
        for (var i = 0; i < vectors.Length; i++)
        {
            json.WriteStartObject();
            json.WriteString("object"u8, "embedding"u8);
            json.WriteNumber("index"u8, i);
            json.WritePropertyName("embedding"u8);
            WriteVector(json, Finish(vectors[i].AsSpan(), request), request.Base64);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteString("model"u8, model.Name);
        var tokens = request.Prompts.Sum(prompt => prompt.Ids.Length);
        json.WriteStartObject("usage"u8);
        json.WriteNumber("prompt_tokens"u8, tokens);
        json.WriteNumber("total_tokens"u8, tokens);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    // The wire form is little-endian, as every machine is that this runs on.
    private static void WriteVector(Utf8JsonWriter json, float[] vector, bool base64)
    {
        if (base64)
        {
            json.WriteBase64StringValue(MemoryMarshal.AsBytes(vector.AsSpan()));
            return;
        }
        json.WriteStartArray();
        foreach (var value in vector) json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    private static float[] Finish(ReadOnlySpan<float> states, EmbeddingRequest request)
    {
        var vector = states[..(request.Dimensions ?? states.Length)].ToArray();
        if (!request.Normalize) return vector;
        double squares = 0;
        foreach (var value in vector) squares += (double)value * value;
        var length = Math.Sqrt(squares);
        if (length > 0)
            for (var i = 0; i < vector.Length; i++) vector[i] = (float)(vector[i] / length);
        return vector;
    }
}
