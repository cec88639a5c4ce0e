using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Akka.Streams;
using Akka.Streams.Stage;

namespace Furiosa.Gateway.Streaming;

/// <summary>
/// Hands a stream's elements to one reader: some are taken before they are asked for, so that in the usual case neither side sends the other a
/// message. Whatever ends the stream, the reader gets what was taken before, and then its end.
/// </summary>
/// <typeparam name="T">An element.</typeparam>
/// <param name="most">How many may wait for the reader.</param>
internal sealed class EventSink<T>(int most) : GraphStageWithMaterializedValue<SinkShape<T>, EventSink<T>.Queue>
{
    private readonly Inlet<T> _in = new("EventSink.in");

    public override SinkShape<T> Shape => new(_in);

    public override ILogicAndMaterializedValue<Queue> CreateLogicAndMaterializedValue(Attributes inheritedAttributes)
    {
        var queue = new Queue(most);
        return new LogicAndMaterializedValue<Queue>(new Logic(Shape, _in, queue), queue);
    }

    /// <summary>What the reader reads.</summary>
    internal sealed class Queue(int most)
    {
        private readonly Channel<T> _channel = Channel.CreateUnbounded<T>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        private int _held;

        /// <summary>Called, on the reader's thread, when it has made room again.</summary>
        public Action? MadeRoom { get; set; }

        /// <summary>Adds an element; whether there is room for another one. For the stream.</summary>
        public bool Add(T element)
        {
            var held = Interlocked.Increment(ref _held);
            _channel.Writer.TryWrite(element);
            return held < most;
        }

        /// <summary>Nothing comes any more. For the stream; only the first time counts.</summary>
        public void End(Exception? failure) => _channel.Writer.TryComplete(failure);

        /// <summary>Takes the next element, if there is one now.</summary>
        public bool TryRead([MaybeNullWhen(false)] out T element)
        {
            if (!_channel.Reader.TryRead(out element)) return false;
            if (Interlocked.Decrement(ref _held) == most - 1) MadeRoom?.Invoke();
            return true;
        }

        /// <summary>Waits until something can be read; false when nothing comes any more. Throws what the stream failed with.</summary>
        public ValueTask<bool> WaitToReadAsync() => _channel.Reader.WaitToReadAsync();
    }

    private sealed class Logic : InGraphStageLogic
    {
        private readonly Inlet<T> _in;
        private readonly Queue _queue;

        public Logic(Shape shape, Inlet<T> inlet, Queue queue) : base(shape)
        {
            (_in, _queue) = (inlet, queue);
            queue.MadeRoom = GetAsyncCallback(Ask);
            SetHandler(_in, this);
        }

        public override void PreStart() => Ask();

        public override void OnPush()
        {
            if (_queue.Add(Grab(_in))) Ask();
        }

        public override void OnUpstreamFinish()
        {
            _queue.End(null);
            base.OnUpstreamFinish();
        }

        public override void OnUpstreamFailure(Exception e)
        {
            _queue.End(e);
            base.OnUpstreamFailure(e);
        }

        public override void PostStop() => _queue.End(new InvalidOperationException("The stream was torn down."));

        private void Ask()
        {
            if (!IsClosed(_in) && !HasBeenPulled(_in)) Pull(_in);
        }
    }
}
