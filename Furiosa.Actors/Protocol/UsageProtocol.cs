using System.Collections.Immutable;
using Furiosa.Actors.Usage;

namespace Furiosa.Actors.Protocol;

// What gateways tell each other of what their clients use.

/// <summary>Totals of the accounts that were used lately; told again and again, so that a lost one is made good by the next.</summary>
/// <param name="Incarnation">The sender's process: another begins anew.</param>
/// <param name="CountedFor">How long it has counted.</param>
/// <param name="Accounts">The accounts.</param>
internal sealed record GatewayUsage(long Incarnation, TimeSpan CountedFor, ImmutableArray<AccountUsage> Accounts) : IFuriosaMessage;

/// <summary>Asks a gateway what the accounts have spent of late; a gateway that has just started does not know what was used before.</summary>
internal sealed record AskSpending : IFuriosaMessage
{
    public static AskSpending Instance { get; } = new();
}

/// <summary>What accounts have spent of late, wherever they did, as the sender knows it.</summary>
internal sealed record SpendingTold(ImmutableArray<AccountSpending> Accounts) : IFuriosaMessage;

/// <summary>What a gateway has served to an account since it counts.</summary>
/// <param name="Account">Its name.</param>
/// <param name="Requests">Requests begun.</param>
/// <param name="PromptTokens">Tokens of their prompts.</param>
/// <param name="GeneratedTokens">Tokens of their answers.</param>
/// <param name="Running">Requests under way now.</param>
internal readonly record struct AccountUsage(string Account, long Requests, long PromptTokens, long GeneratedTokens, int Running);
