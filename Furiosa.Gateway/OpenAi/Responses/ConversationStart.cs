using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi.Responses;

/// <summary>
/// Where a conversation that is too long may begin instead: with any message of the user's, so that no answer loses its question and no
/// result its call. What stands before the first turn (the system's words) stays.
/// </summary>
internal static class ConversationStart
{
    /// <summary>The places, the whole conversation first.</summary>
    public static IReadOnlyList<int> Candidates(JArray messages)
    {
        var head = HeadLength(messages);
        return [head, .. Enumerable.Range(0, messages.Count).Where(i => i > head && (string?)messages[i]["role"] == "user")];
    }

    /// <summary>The conversation from a place on.</summary>
    public static JArray From(JArray messages, int start) => new(messages.Take(HeadLength(messages)).Concat(messages.Skip(start)).Select(message => message.DeepClone()));

    private static int HeadLength(JArray messages) => messages.TakeWhile(message => (string?)message["role"] is "system" or "developer").Count();

    /// <summary>Makes something of the longest conversation that fits.</summary>
    /// <param name="candidates">Where it may begin.</param>
    /// <param name="make">Makes it; fails with <c>context_length_exceeded</c> where it does not fit.</param>
    public static T Longest<T>(IReadOnlyList<int> candidates, Func<int, T> make) where T : class
    {
        // Once the beginning that fits is known to be at most 'fits', a bisection finds it in few tries.
        if (TryMake(candidates[0]) is { } whole) return whole;
        var (least, most) = (1, candidates.Count - 1);
        var best = make(candidates[most]);
        while (least < most)
        {
            var middle = (least + most) / 2;
            if (TryMake(candidates[middle]) is { } made) (best, most) = (made, middle);
            else least = middle + 1;
        }
        return best;

        T? TryMake(int start)
        {
            try
            {
                return make(start);
            }
            catch (ApiException error) when (error.Error.Code == "context_length_exceeded")
            {
                return null;
            }
        }
    }
}
