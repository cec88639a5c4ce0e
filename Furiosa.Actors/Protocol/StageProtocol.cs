using Furiosa.Device.Execution;

namespace Furiosa.Actors.Protocol;

// What a stage's actor accepts, from the replica or the stage before it.

/// <summary>
/// Run this step and hand it on. The hidden states belong to the receiver: in one process they pass by reference.
/// </summary>
internal sealed record RunStage(long Epoch, StageStep Step) : IFuriosaMessage;
