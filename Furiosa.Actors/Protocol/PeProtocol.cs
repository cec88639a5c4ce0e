using Furiosa.Device.Execution;

namespace Furiosa.Actors.Protocol;

// A stage and its PEs live in one process: the step is one object for all members of the group, and so never serialized on this way.

/// <summary>Run a step.</summary>
internal sealed record ExecuteStep(StageStep Step) : ILocalMessage;

/// <summary>A step has ended at one PE. The outcome's hidden states belong to the receiver.</summary>
internal sealed record StepExecuted(int Rank, PeOutcome Outcome) : ILocalMessage;
