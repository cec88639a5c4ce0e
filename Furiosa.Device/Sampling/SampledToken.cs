namespace Furiosa.Device.Sampling;

/// <summary>A token that was drawn or scored.</summary>
/// <param name="Id">Token id.</param>
/// <param name="Logprob">Log-probability by the model's own logits, in nats; NaN when none was asked for, minus infinity is possible.</param>
/// <param name="Top">The best alternatives, best first; null when none were asked for.</param>
internal readonly record struct SampledToken(int Id, float Logprob, TokenLogprob[]? Top)
{
    /// <summary>How many tokens are at least as likely, itself included; 0 where nobody asked.</summary>
    public int Rank { get; init; }
}
