using System.Collections.Immutable;
using Furiosa.Actors.Observation;

namespace Furiosa.Actors.Protocol;

// What is told now and then for those who watch, apart from the work itself.

/// <summary>A stage's work so far, to its replica.</summary>
internal sealed record StageReport(long Epoch, int Stage, StageWork Work) : IFuriosaMessage;

/// <summary>A replica's work so far, to its gateways.</summary>
internal sealed record ReplicaReport(int Replica, long Epoch, ReplicaCounters Counters, ImmutableArray<StageWork> Stages) : IFuriosaMessage;
