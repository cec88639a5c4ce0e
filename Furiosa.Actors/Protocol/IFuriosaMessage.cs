namespace Furiosa.Actors.Protocol;

/// <summary>A message of the runtime's actors. Each has a manifest and a hand-written form on the wire; nothing else may travel.</summary>
internal interface IFuriosaMessage;
