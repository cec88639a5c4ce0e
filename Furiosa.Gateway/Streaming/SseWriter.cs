using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Furiosa.Gateway.OpenAi;

namespace Furiosa.Gateway.Streaming;

/// <summary>
/// Writes server-sent events: no text is made and no object tree is built for a frame, whose buffer is used again. A frame reaches the
/// response only when it is whole.
/// </summary>
internal sealed class SseWriter : IDisposable
{
    private readonly ArrayBufferWriter<byte> _frame = new(512);
    private readonly PipeWriter _output;
    private readonly Utf8JsonWriter _json;

    public SseWriter(PipeWriter output)
    {
        _output = output;
        _json = new Utf8JsonWriter(_frame, JsonResponse.Options);
    }

    /// <summary>Begins a frame; its JSON goes to the writer given.</summary>
    public Utf8JsonWriter BeginFrame()
    {
        _frame.ResetWrittenCount();
        _frame.Write("data: "u8);
        _json.Reset();
        return _json;
    }

    public void EndFrame()
    {
        _json.Flush();
        _frame.Write("\n\n"u8);
        _output.Write(_frame.WrittenSpan);
    }

    public void WriteError(ApiError error)
    {
        ErrorEnvelope.Write(BeginFrame(), error);
        EndFrame();
    }

    /// <summary>Writes a frame that is ready.</summary>
    public void WriteFrame(ReadOnlySpan<byte> frame) => _output.Write(frame);

    /// <summary>Writes a line that clients skip.</summary>
    public void WriteComment() => _output.Write(": keep-alive\n\n"u8);

    public void WriteDone() => _output.Write("data: [DONE]\n\n"u8);

    /// <summary>Sends what was written; waits while the client does not read.</summary>
    /// <returns>Whether there is still somebody to send to.</returns>
    public async ValueTask<bool> FlushAsync(CancellationToken clientGone) => !(await _output.FlushAsync(clientGone)).IsCompleted;

    public void Dispose() => _json.Dispose();
}
