using System.Collections.Immutable;

namespace Furiosa.Device.Sampling;

/// <summary>What a beam search decided in one step.</summary>
/// <param name="Beams">The beams that run on, best first: which beam of the step before each continues, and with which token. Empty when finished.</param>
/// <param name="Finished">Whether the search has ended.</param>
public sealed record BeamStep(ImmutableArray<BeamChoice> Beams, bool Finished);

/// <summary>How one beam goes on.</summary>
/// <param name="Parent">Index of the beam it continues, among the running beams before the step.</param>
/// <param name="TokenId">The token added to it.</param>
public readonly record struct BeamChoice(int Parent, int TokenId);
