using System.Text;
using Furiosa.Actors.Hosting;
using Furiosa.Gateway.Hosting;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi.Responses;

/// <summary>Asks the gateway that keeps a response: this one, or another of the cluster, whose answers begin with a byte that says what they are.</summary>
internal sealed class ResponseForwarding(ResponseDesk desk, ResponseStore store, ServerState state)
{
    private const byte Answered = 0;
    private const byte Refused = 1;

    /// <summary>Whether another gateway is to be asked.</summary>
    public bool IsElsewhere(ResponseQuestion question) => !desk.Has(question) && GatewayFor(question) is not null;

    /// <summary>The answer, as JSON.</summary>
    /// <exception cref="ApiException">There is no such response, or it cannot be done.</exception>
    public async Task<byte[]> AskAsync(ResponseQuestion question)
    {
        if (desk.Has(question) || GatewayFor(question) is not { } gateway) return await desk.AnswerAsync(question);
        byte[]? answer;
        try
        {
            answer = await state.Runtime!.Exchange!.AskAsync(gateway, question.Write());
        }
        catch (TimeoutException)
        {
            throw new ApiException(ApiError.Unavailable("The gateway that keeps this has not answered in time; try again."));
        }
        return answer is [Answered, .. var json] ? json : throw new ApiException(answer is [Refused, .. var error] ? ReadError(error) : NotThere(question));
    }

    /// <summary>Answers another gateway.</summary>
    public async Task<byte[]> AnswerAsync(ReadOnlyMemory<byte> question)
    {
        try
        {
            var answer = await desk.AnswerAsync(ResponseQuestion.Read(question.Span));
            return answer.Length < IGatewayExchange.MostAnswerBytes ? [Answered, .. answer] : throw new ApiException(ApiError.Internal(
                $"The answer has {answer.Length} bytes, but one gateway gives another at most {IGatewayExchange.MostAnswerBytes}: ask the gateway that made the response.", "response_too_large"));
        }
        catch (ApiException refused)
        {
            return [Refused, .. WriteError(refused.Error)];
        }
    }

    private string? GatewayFor(ResponseQuestion question) =>
        state.Runtime?.Exchange is { } exchange && ResponseIds.GatewayOf(question.Id) is { } name && name != exchange.Name ? name : null;

    private ApiError NotThere(ResponseQuestion question) => question.Verb == ResponseVerb.Items
        ? store.Ids.ItemNotFound(question.Id, question.Param ?? ResponseInput.Field)
        : store.Ids.NotFound(question.Id, question.Param);

    private static byte[] WriteError(ApiError error) => Encoding.UTF8.GetBytes(new JObject
    {
        ["status"] = error.Status, ["message"] = error.Message, ["type"] = error.Type, ["param"] = error.Param, ["code"] = error.Code,
    }.ToString(Formatting.None));

    private static ApiError ReadError(byte[] bytes)
    {
        var error = JObject.Parse(Encoding.UTF8.GetString(bytes));
        return new ApiError((int)error["status"]!, (string)error["message"]!, (string)error["type"]!, (string?)error["param"], (string?)error["code"]);
    }
}
