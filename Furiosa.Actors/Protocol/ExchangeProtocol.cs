using System.Collections.Immutable;

namespace Furiosa.Actors.Protocol;

// What the exchange of a gateway accepts from its own process and from the exchanges of other gateways.

/// <summary>Ask another gateway; answered with <see cref="ExchangeAnswered"/>.</summary>
/// <param name="Gateway">Its name.</param>
/// <param name="Question">What only it knows.</param>
internal sealed record AskGateway(string Gateway, ImmutableArray<byte> Question) : ILocalMessage;

/// <summary>What came of it.</summary>
/// <param name="Answer">The answer; empty where there is none.</param>
/// <param name="IsBusy">Whether the gateway is there all the same: it has too much to do, or could not answer now.</param>
internal sealed record ExchangeAnswered(ImmutableArray<byte> Answer, bool IsBusy) : ILocalMessage;

/// <summary>A gateway asks for what only the receiver knows.</summary>
/// <param name="Id">The asker's number for it.</param>
/// <param name="Question">The question.</param>
internal sealed record GatewayQuestion(long Id, ImmutableArray<byte> Question) : IFuriosaMessage;

/// <summary>The answer to a question.</summary>
/// <param name="Id">The asker's number for it.</param>
/// <param name="Answer">The answer; empty where the receiver has none.</param>
internal sealed record GatewayAnswer(long Id, ImmutableArray<byte> Answer) : IFuriosaMessage;
