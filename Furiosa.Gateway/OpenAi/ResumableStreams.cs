using Furiosa.Actors.Hosting;
using Furiosa.Gateway.Streaming;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi;

/// <summary>
/// Streams that outlive their gateway: a client that sends <c>X-Furiosa-Resumable: true</c> gets <c>id:</c> lines, and may come back to any
/// gateway with the last of them as <c>Last-Event-ID</c>. The request is kept on the other nodes before the first byte is sent; the rest
/// of the answer is computed again, which gives the same bytes.
/// </summary>
internal static class ResumableStreams
{
    public const string Header = "X-Furiosa-Resumable";
    private const string LastEvent = "Last-Event-ID";

    /// <summary>Whether the client wants its stream to be taken up again.</summary>
    public static bool IsAsked(HttpContext context) => context.Request.Headers[Header].ToString().Trim().ToLowerInvariant() switch
    {
        "" or "false" or "0" => false,
        "true" or "1" => true,
        var other => throw ApiException.Invalid(Header, $"'{Header}' is '{BodyFields.Shorten(other)}', but must be true or false."),
    };

    /// <summary>Where the client's stream stopped; null for a new request.</summary>
    public static StreamPosition? PositionOf(HttpContext context) =>
        context.Request.Headers[LastEvent].ToString() is { Length: > 0 } id ? StreamPosition.Parse(id) : null;

    /// <summary>Fixes what a request leaves to chance, so that it is the same when it is made again.</summary>
    public static void FixSeed(JObject body)
    {
        if (body["seed"] is null or { Type: JTokenType.Null }) body["seed"] = Random.Shared.NextInt64();
    }

    /// <summary>Keeps a request on the nodes.</summary>
    /// <param name="archive">What keeps it.</param>
    /// <param name="record">The request, as <see cref="ResumeRecord.Write"/> writes it.</param>
    /// <param name="job">What it asks for.</param>
    /// <returns>The marks of its stream.</returns>
    public static async Task<StreamMarks> KeepAsync(IRequestArchive archive, byte[] record, GenerationJob job)
    {
        var name = Guid.NewGuid().ToString("N");
        await InTimeAsync(archive.KeepAsync(name, record));
        return new StreamMarks(name, ChoicesOf(job), null);
    }

    /// <summary>Finds the request of a stream that is taken up by the client that began it; to another one it is as if it were not there.</summary>
    /// <exception cref="ApiException">No node has it, or it is another client's.</exception>
    public static async Task<ResumeRecord> FindAsync(IRequestArchive archive, StreamPosition position, string? owner, bool isChat)
    {
        var found = archive.FindAsync(position.Name);
        await InTimeAsync(found);
        var record = await found is { } bytes ? ResumeRecord.Read(bytes) : null;
        if (record is null || record.Owner != owner)
        {
            throw new ApiException(new ApiError(
                StatusCodes.Status404NotFound, "The stream cannot be taken up: its time is over, or no node of this cluster knows it. Send the request again.",
                ApiError.InvalidRequest, LastEvent, "stream_not_found"));
        }
        if (record.IsChat != isChat) throw ApiException.Invalid(LastEvent, $"The stream is one of {(record.IsChat ? "/v1/chat/completions" : "/v1/completions")}: take it up there.");
        return record;
    }

    /// <summary>The marks of a stream that is taken up.</summary>
    public static StreamMarks GoOn(StreamPosition position, GenerationJob job) => position.Choices.Length == ChoicesOf(job)
        ? new StreamMarks(position.Name, position.Choices.Length, position)
        : throw ApiException.Invalid(LastEvent, $"The id names {position.Choices.Length} choices, but the stream has {ChoicesOf(job)}: send the last 'id:' line as it was received.");

    private static async Task InTimeAsync(Task asked)
    {
        try
        {
            await asked;
        }
        catch (TimeoutException)
        {
            throw new ApiException(ApiError.Unavailable("This gateway looks for its cluster: try again later, or at another one."));
        }
    }

    private static int ChoicesOf(GenerationJob job) => job.Prompts.Count * job.Settings.SampleCount;
}
