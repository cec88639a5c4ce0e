using System.Buffers;
using System.IO.Pipelines;
using System.Text;
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
    private readonly StreamMarks? _marks;
    private bool _isSeen;

    /// <param name="output">The response.</param>
    /// <param name="marks">What gives frames their ids; null for none.</param>
    public SseWriter(PipeWriter output, StreamMarks? marks = null)
    {
        (_output, _marks) = (output, marks);
        _json = new Utf8JsonWriter(_frame, JsonResponse.Options);
    }

    /// <summary>The next frame is about a choice.</summary>
    /// <param name="choice">Its index over all prompts.</param>
    /// <param name="tokens">Its tokens that are done.</param>
    public void About(int choice, int tokens) => _isSeen = _marks?.Next(choice, tokens) == false;

    /// <summary>The next frame is the one with the counts.</summary>
    public void AboutUsage() => _isSeen = _marks?.NextUsage() == false;

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
        if (_isSeen) return;
        if (_marks is not null) _output.Write(Encoding.ASCII.GetBytes($"id: {_marks}\n"));
        _output.Write(_frame.WrittenSpan);
    }

    public void WriteError(ApiError error)
    {
        _isSeen = false;
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
