using Furiosa.Actors.Protocol;
using Furiosa.Device.Loading;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi;

/// <summary>How many choices, and whether they are sampled or the best of a beam search.</summary>
/// <param name="Returned">Choices returned for each prompt.</param>
/// <param name="Sampled">Choices generated for each prompt.</param>
/// <param name="Beams">The beam search, if it is one.</param>
/// <param name="WidthField">The field that says how many sequences a prompt takes.</param>
internal sealed record ChoicePlan(int Returned, int Sampled, BeamParameters? Beams, string WidthField);

/// <summary>Reads <c>n</c>, <c>best_of</c> and the beam fields, which only make sense together.</summary>
internal static class ChoiceReader
{
    private const int MostChoices = 128;

    /// <param name="fields">The request.</param>
    /// <param name="model">What a beam search takes where the request is silent.</param>
    /// <param name="stream">Whether the answer is streamed.</param>
    public static ChoicePlan Read(BodyFields fields, GenerationConfig model, bool stream)
    {
        var returned = (int)(fields.Integer("n", 1, MostChoices) ?? 1);
        var bestOf = (int?)fields.Integer("best_of", 1, MostChoices);
        if (bestOf < returned) throw ApiException.Invalid("best_of", $"'best_of' is {bestOf}, but must be at least 'n', which is {returned}.");
        var widthField = bestOf is null ? "n" : "best_of";
        var early = ReadEarlyStopping(fields);
        var lengthPenalty = fields.Number("length_penalty", -100, 100);
        if (fields.Boolean("use_beam_search") == true)
        {
            if (stream) throw ApiException.Invalid("use_beam_search", "'use_beam_search' cannot be combined with 'stream': beams are known only at the end. Send one of the two.");
            RefuseCuts(fields);
            var beams = new BeamParameters(bestOf ?? returned, (float)(lengthPenalty ?? model.LengthPenalty ?? 1), early ?? DefaultEarlyStopping(model));
            return new ChoicePlan(returned, returned, beams, widthField);
        }
        if (early is not (null or EarlyStopping.Heuristic)) throw ApiException.Invalid("early_stopping", "'early_stopping' other than false needs 'use_beam_search': true.");
        if (lengthPenalty is not (null or 1)) throw ApiException.Invalid("length_penalty", "'length_penalty' other than 1 needs 'use_beam_search': true.");
        if (stream && bestOf > returned) throw ApiException.Invalid("best_of", "'best_of' above 'n' cannot be combined with 'stream': the best are known only at the end. Send one of the two.");
        return new ChoicePlan(returned, bestOf ?? returned, null, widthField);
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

    private static EarlyStopping DefaultEarlyStopping(GenerationConfig model) => model.EarlyStopping switch
    {
        "true" => EarlyStopping.AtWidth,
        "never" => EarlyStopping.Never,
        _ => EarlyStopping.Heuristic,
    };

    private static EarlyStopping? ReadEarlyStopping(BodyFields fields) => fields.Find("early_stopping") switch
    {
        null => null,
        { Type: JTokenType.Boolean } value => (bool)value ? EarlyStopping.AtWidth : EarlyStopping.Heuristic,
        { Type: JTokenType.String } value when (string)value! == "never" => EarlyStopping.Never,
        var value => throw fields.Wrong("early_stopping", value, "true, false or \"never\""),
    };
}
