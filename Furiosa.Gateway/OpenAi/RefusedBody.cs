namespace Furiosa.Gateway.OpenAi;

/// <summary>The body of a call that is answered before it has come.</summary>
/// <param name="read">Reads it and lets go of it, within the bounds of any other.</param>
internal sealed class RefusedBody(Func<Task> read)
{
    /// <summary>Takes what the client still sends, once it has been answered, where there is such a body.</summary>
    public static async Task DrainAsync(HttpContext context)
    {
        if (context.Features.Get<RefusedBody>() is not { } body) return;
        try
        {
            await body.ReadAsync();
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            // It has its answer.
        }
    }

    private Task ReadAsync() => read();
}
