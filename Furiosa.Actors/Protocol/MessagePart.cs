using System.Collections.Immutable;

namespace Furiosa.Actors.Protocol;

/// <summary>A part of a message that is too large for one frame; parts come in order.</summary>
/// <param name="Message">Which message of the sender.</param>
/// <param name="Index">Which part, from 0.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Manifest">What the whole is.</param>
/// <param name="Bytes">This part of its wire form.</param>
internal sealed record MessagePart(long Message, int Index, int Count, string Manifest, ImmutableArray<byte> Bytes) : IFuriosaMessage;
