using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Scheduling;

/// <summary>One event for one request.</summary>
internal readonly record struct SchedulerOutput(string RequestId, GenerationEvent Event);
