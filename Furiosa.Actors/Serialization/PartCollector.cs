using System.Runtime.Serialization;
using Akka.Actor;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Serialization;

/// <summary>
/// Puts the parts of large messages together. A message of which a part was lost, that would be too large or that cannot be read is dropped, as
/// one in a single frame would be.
/// </summary>
internal sealed class PartCollector
{
    private const long MostBytes = 64L * 1024 * 1024;
    private const int MostSenders = 1024;

    private readonly Dictionary<ActorPath, Whole> _open = [];

    /// <summary>The message, with its last part; null before.</summary>
    public object? Add(IActorRef sender, MessagePart part)
    {
        var path = sender.Path;
        if (part.Index == 0 && _open.Count < MostSenders) _open[path] = new Whole(part.Message);
        if (!_open.TryGetValue(path, out var whole)) return null;
        if (!whole.Add(part))
        {
            _open.Remove(path);
            return null;
        }
        if (part.Index < part.Count - 1) return null;
        _open.Remove(path);
        try
        {
            return ProtocolSerializer.Read(whole.ToArray(), part.Manifest);
        }
        catch (SerializationException)
        {
            return null;
        }
    }

    private sealed class Whole(long message)
    {
        private readonly MemoryStream _bytes = new();
        private int _next;

        public bool Add(MessagePart part)
        {
            if (part.Message != message || part.Index != _next || _bytes.Length + part.Bytes.Length > MostBytes) return false;
            _next++;
            _bytes.Write(part.Bytes.AsSpan());
            return true;
        }

        public byte[] ToArray() => _bytes.ToArray();
    }
}
