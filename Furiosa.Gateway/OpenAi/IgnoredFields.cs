namespace Furiosa.Gateway.OpenAi;

/// <summary>Fields that are accepted by agreement and change nothing. What they hold must still be what the API says, so that a slip is seen.</summary>
internal static class IgnoredFields
{
    private static readonly string[] Texts = ["user", "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_retention"];

    public static void Check(BodyFields fields)
    {
        foreach (var name in Texts) fields.Text(name);
        fields.Word("verbosity", "low", "medium", "high");
        fields.Boolean("store");
        fields.Object("metadata");
    }
}
