using Furiosa.Actors.Protocol;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi;

/// <summary>How many choices, and whether they are sampled or the best of a beam search.</summary>
/// <param name="Returned">Choices returned for each prompt.</param>
/// <param name="Sampled">Choices generated for each prompt.</param>
/// <param name="Beams">The beam search, if it is one.</param>
internal sealed record ChoicePlan(int Returned, int Sampled, BeamParameters? Beams);

/// <summary>Reads <c>n</c>, <c>best_of</c> and the beam fields, which only make sense together.</summary>
internal static class ChoiceReader
{
    private const int MostChoices = 128;

    public static ChoicePlan Read(BodyFields fields, bool stream)
    {
        var returned = (int)(fields.Integer("n", 1, MostChoices) ?? 1);
        var bestOf = (int?)fields.Integer("best_of", 1, MostChoices);
        if (bestOf < returned) throw ApiException.Invalid("best_of", $"'best_of' is {bestOf}, but must be at least 'n', which is {returned}.");
        var early = ReadEarlyStopping(fields);
        var lengthPenalty = fields.Number("length_penalty", -100, 100);
        if (fields.Boolean("use_beam_search") == true)
        {
            if (stream) throw ApiException.Invalid("use_beam_search", "'use_beam_search' cannot be combined with 'stream': beams are known only at the end. Send one of the two.");
            RefuseCuts(fields);
            return new ChoicePlan(returned, returned, new BeamParameters(bestOf ?? returned, (float)(lengthPenalty ?? 1), early ?? EarlyStopping.Heuristic));
        }
        if (early is not (null or EarlyStopping.Heuristic)) throw ApiException.Invalid("early_stopping", "'early_stopping' other than false needs 'use_beam_search': true.");
        if (lengthPenalty is not (null or 1)) throw ApiException.Invalid("length_penalty", "'length_penalty' other than 1 needs 'use_beam_search': true.");
        if (stream && bestOf > returned) throw ApiException.Invalid("best_of", "'best_of' above 'n' cannot be combined with 'stream': the best are known only at the end. Send one of the two.");
        return new ChoicePlan(returned, bestOf ?? returned, null);
    }

    // A beam search ranks by the whole distribution, so a field that would cut it is refused and not forgotten.
    private static void RefuseCuts(BodyFields fields)
    {
        if (fields.Number("top_p", 0, 1, aboveLeast: true) is < 1) throw NotWithBeams("top_p", "1");
        if (fields.Integer("top_k", -1, int.MaxValue) is > 0) throw NotWithBeams("top_k", "-1");
        if (fields.Number("min_p", 0, 1) is > 0) throw NotWithBeams("min_p", "0");
    }

    private static ApiException NotWithBeams(string name, string off) =>
        ApiException.Invalid(name, $"'{name}' has no meaning in a beam search: leave it out or send {off}.");

    private static EarlyStopping? ReadEarlyStopping(BodyFields fields) => fields.Find("early_stopping") switch
    {
        null => null,
        { Type: JTokenType.Boolean } value => (bool)value ? EarlyStopping.AtWidth : EarlyStopping.Heuristic,
        { Type: JTokenType.String } value when (string)value! == "never" => EarlyStopping.Never,
        var value => throw fields.Wrong("early_stopping", value, "true, false or \"never\""),
    };
}
