using Akka.Actor;

namespace Furiosa.Actors.Protocol;

/// <summary>A message between actors of one process that by its nature cannot travel: it carries live objects, or is a timer's.</summary>
internal interface ILocalMessage : INoSerializationVerificationNeeded;
