using System.Collections.Immutable;
using Furiosa.Actors.Observation;

namespace Furiosa.Actors.Protocol;

// What is told now and then for those who watch, apart from the work itself.

/// <summary>A stage's work so far, to its replica.</summary>
internal sealed record StageReport(long Epoch, StageWork Work) : IFuriosaMessage;

/// <summary>The same within the process, to whoever listens.</summary>
internal sealed record StageWorked(int Replica, StageWork Work) : ILocalMessage;

/// <summary>A replica's work so far, to its gateways; of a stage that spans nodes there is one entry for each of these.</summary>
internal sealed record ReplicaReport(int Replica, long Epoch, ReplicaCounters Counters, ImmutableArray<StageWork> Stages) : IFuriosaMessage;
