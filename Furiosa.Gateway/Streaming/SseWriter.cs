using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Furiosa.Gateway.OpenAi;

namespace Furiosa.Gateway.Streaming;

/// <summary>Writes server-sent events into the response's own buffer: no text is made and no object tree is built for a frame.</summary>
internal sealed class SseWriter(PipeWriter output) : IDisposable
{
    private readonly Utf8JsonWriter _json = new(output, JsonResponse.Options);

    /// <summary>Begins a frame; its JSON goes to the writer given.</summary>
    public Utf8JsonWriter BeginFrame()
    {
        output.Write("data: "u8);
        _json.Reset();
        return _json;
    }

    public void EndFrame()
    {
        _json.Flush();
        output.Write("\n\n"u8);
    }

    public void WriteError(ApiError error)
    {
        ErrorEnvelope.Write(BeginFrame(), error);
        EndFrame();
    }

    public void WriteDone() => output.Write("data: [DONE]\n\n"u8);

    /// <summary>Sends what was written; waits while the client does not read.</summary>
    /// <returns>Whether there is still somebody to send to.</returns>
    public async ValueTask<bool> FlushAsync(CancellationToken clientGone) => !(await output.FlushAsync(clientGone)).IsCompleted;

    public void Dispose() => _json.Dispose();
}
