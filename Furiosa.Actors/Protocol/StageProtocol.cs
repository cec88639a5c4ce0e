using Furiosa.Device.Execution;

namespace Furiosa.Actors.Protocol;

// What a stage's actor accepts, from the replica or the stage before it.

/// <summary>
/// Run this step and hand it on. Passes by reference within a process; between nodes it goes over their data connection. The hidden states
/// belong to the receiver, the batch to whoever made it.
/// </summary>
internal sealed record RunStage(long Epoch, StageStep Step) : ILocalMessage;
