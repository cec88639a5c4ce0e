namespace Furiosa.Actors.Usage;

/// <summary>How far the budgets of an account are from being full: what it has spent, wherever, and has not got back by time.</summary>
/// <param name="Account">Its name.</param>
/// <param name="ThousandthsOfRequests">Requests, in thousandths.</param>
/// <param name="Tokens">Tokens.</param>
public readonly record struct AccountSpending(string Account, long ThousandthsOfRequests, long Tokens);
