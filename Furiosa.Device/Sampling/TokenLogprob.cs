namespace Furiosa.Device.Sampling;

/// <summary>A token and its log-probability.</summary>
/// <param name="Id">Token id.</param>
/// <param name="Logprob">In nats.</param>
public readonly record struct TokenLogprob(int Id, float Logprob);
