using Akka.Streams;
using Akka.Streams.Stage;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Streams;

/// <summary>Asks for a request when it is run, emits its events as they are wanted, and cancels the request when nobody wants them.</summary>
internal sealed class GenerationSource(GenerationRequest request, IRequestDoor door) : GraphStage<SourceShape<GenerationEvent>>
{
    private readonly Outlet<GenerationEvent> _out = new("GenerationSource.out");

    public override SourceShape<GenerationEvent> Shape => new(_out);

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this, request, door);

    private sealed class Logic : OutGraphStageLogic
    {
        private readonly GenerationRequest _request;
        private readonly IRequestDoor _door;
        private readonly Outlet<GenerationEvent> _out;
        private readonly RequestStream _stream = new();
        private bool _ended;

        public Logic(GenerationSource source, GenerationRequest request, IRequestDoor door) : base(source.Shape)
        {
            (_request, _door, _out) = (request, door, source._out);
            SetHandler(_out, this);
        }

        public override void PreStart()
        {
            _stream.OnReadable(GetAsyncCallback(Deliver));
            _door.Open(_request, _stream);
        }

        public override void OnPull() => Deliver();

        public override void PostStop() => _door.Close(_request.RequestId, _stream, isCancelled: !_ended);

        private void Deliver()
        {
            if (!IsAvailable(_out) || !_stream.TryRead(out var what)) return;
            _ended = RequestStream.IsTerminal(what);
            Push(_out, what);
            if (_ended) Complete(_out);
        }
    }
}
