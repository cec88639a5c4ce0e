using System.Runtime.InteropServices;
using Akka.Actor;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Serialization;

/// <summary>
/// Sends messages that may be large: to another process in parts, since a frame of Akka.Remote holds 128,000 bytes and what does not fit is
/// dropped. Order among the messages of a sender is kept.
/// </summary>
internal static class Courier
{
    private const int PartBytes = 64 * 1024;

    private static long _lastMessage;

    /// <summary>Sends to an actor.</summary>
    public static void Tell(IActorRef target, IFuriosaMessage message, IActorRef? sender)
    {
        if (target is not ActorRefWithCell { IsLocal: true }) Send(target, message, sender);
        else target.Tell(message, sender!);
    }

    /// <summary>Sends to an actor that is known by its path only.</summary>
    public static void Tell(ActorSelection target, IFuriosaMessage message, IActorRef? sender) => Send(target, message, sender);

    private static void Send(ICanTell target, IFuriosaMessage message, IActorRef? sender)
    {
        // Only these can be large; they are written once to know their size.
        string? manifest = null;
        var bytes = message is SubmitRequest or StepOutput or KeepRecord or RecordFound or GatewayQuestion or GatewayAnswer ? ProtocolSerializer.Write(message, out manifest) : [];
        if (bytes.Length <= PartBytes)
        {
            target.Tell(message, sender!);
            return;
        }
        var count = (bytes.Length + PartBytes - 1) / PartBytes;
        var number = Interlocked.Increment(ref _lastMessage);
        for (var index = 0; index < count; index++)
        {
            var part = bytes[(index * PartBytes)..Math.Min(bytes.Length, (index + 1) * PartBytes)];
            target.Tell(new MessagePart(number, index, count, manifest!, ImmutableCollectionsMarshal.AsImmutableArray(part)), sender!);
        }
    }
}
