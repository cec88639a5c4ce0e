using System.Collections.Frozen;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;

namespace Furiosa.Actors.Serialization;

/// <summary>The one serializer of the runtime's messages: a short manifest and a hand-written form for each.</summary>
internal sealed class ProtocolSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private static readonly FrozenDictionary<Type, MessageForm> ByType = MessageForm.All.ToFrozenDictionary(form => form.Type);
    private static readonly FrozenDictionary<string, MessageForm> ByManifest = MessageForm.All.ToFrozenDictionary(form => form.Manifest);

    public override int Identifier => 1701;

    public override string Manifest(object o) => FormOf(o).Manifest;

    public override byte[] ToBinary(object obj) => Write(obj, out _);

    public override object FromBinary(byte[] bytes, string manifest) => Read(bytes, manifest);

    /// <summary>The wire form of a message.</summary>
    public static byte[] Write(object message, out string manifest)
    {
        var form = FormOf(message);
        manifest = form.Manifest;
        var writer = new WireWriter();
        form.Write(writer, message);
        return writer.ToArray();
    }

    /// <summary>The message of a wire form.</summary>
    /// <exception cref="SerializationException">It is none.</exception>
    public static object Read(byte[] bytes, string manifest)
    {
        if (!ByManifest.TryGetValue(manifest, out var form)) throw new SerializationException($"There is no message with the manifest '{manifest}'.");
        var reader = new WireReader(bytes);
        var message = form.Read(reader);
        reader.End();
        return message;
    }

    private static MessageForm FormOf(object message) => ByType.TryGetValue(message.GetType(), out var form)
        ? form
        : throw new SerializationException($"{message.GetType().Name} is marked as a message but has no wire form.");
}
