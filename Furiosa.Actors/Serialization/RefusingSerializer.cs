using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;

namespace Furiosa.Actors.Serialization;

/// <summary>Stands where Akka's default would write any object as JSON with its type's name: what is not bound does not travel.</summary>
internal sealed class RefusingSerializer(ExtendedActorSystem system) : Serializer(system)
{
    public override int Identifier => 1702;

    public override bool IncludeManifest => false;

    public override byte[] ToBinary(object obj) =>
        throw new SerializationException($"{obj.GetType().FullName} is no message of the runtime's protocol and cannot be sent.");

    public override object FromBinary(byte[] bytes, Type type) =>
        throw new SerializationException("A message came that is not of the runtime's protocol.");
}
