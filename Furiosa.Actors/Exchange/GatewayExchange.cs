using System.Runtime.InteropServices;
using Akka.Actor;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Exchange;

/// <summary>The door to the exchange of this node.</summary>
internal sealed class GatewayExchange(IActorRef exchange, GatewayAnswers answers, string name) : IGatewayExchange
{
    public string Name => name;

    public void Answer(Func<ReadOnlyMemory<byte>, Task<byte[]>> answer) => answers.Make = question => answer(question.AsMemory());

    public async Task<byte[]?> AskAsync(string gateway, byte[] question)
    {
        try
        {
            // The actor gives up by itself; this is for an actor system that ends meanwhile.
            var answered = await exchange.Ask<ExchangeAnswered>(
                new AskGateway(gateway, ImmutableCollectionsMarshal.AsImmutableArray(question)), 2 * IGatewayExchange.Patience).ConfigureAwait(false);
            if (answered.IsBusy) throw new TimeoutException($"Gateway {gateway} has not answered.");
            return answered.Answer.IsEmpty ? null : ImmutableCollectionsMarshal.AsArray(answered.Answer);
        }
        catch (AskTimeoutException late)
        {
            throw new TimeoutException($"Gateway {gateway} could not be asked.", late);
        }
    }
}
