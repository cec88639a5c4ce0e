using System.Collections.Immutable;

namespace Furiosa.Actors.Protocol;

// What the archive of a node accepts from its own process and from the archives of other nodes.

/// <summary>Keep a record here and elsewhere; answered with <see cref="RecordKept"/>.</summary>
internal sealed record ArchiveRecord(string Id, ImmutableArray<byte> Record) : ILocalMessage;

/// <summary>Find a record, here or elsewhere; answered with <see cref="RecordFound"/>.</summary>
internal sealed record LookUpRecord(string Id) : ILocalMessage;

/// <summary>Keep a copy of a record.</summary>
internal sealed record KeepRecord(string Id, ImmutableArray<byte> Record) : IFuriosaMessage;

/// <summary>It is kept.</summary>
internal sealed record RecordKept(string Id) : IFuriosaMessage;

/// <summary>Does this node have the record?</summary>
internal sealed record FindRecord(string Id) : IFuriosaMessage;

/// <summary>What the sender has, to a node that has just come: it asks for what it does not have.</summary>
internal sealed record OfferRecords(ImmutableArray<string> Ids) : IFuriosaMessage;

/// <summary>The record; empty when it is not there.</summary>
internal sealed record RecordFound(string Id, ImmutableArray<byte> Record) : IFuriosaMessage;
