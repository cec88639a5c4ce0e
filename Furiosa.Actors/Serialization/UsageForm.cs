using Furiosa.Actors.Protocol;
using Furiosa.Actors.Usage;

namespace Furiosa.Actors.Serialization;

/// <summary>Wire form of what gateways tell each other.</summary>
internal static class UsageForm
{
    public static void Write(WireWriter writer, GatewayUsage usage)
    {
        writer.Long(usage.Incarnation);
        writer.Long(usage.CountedFor.Ticks);
        writer.List(usage.Accounts.AsSpan(), static (to, account) =>
        {
            to.Text(account.Account);
            to.Long(account.Requests);
            to.Long(account.PromptTokens);
            to.Long(account.GeneratedTokens);
            to.Int(account.Running);
        });
    }

    public static GatewayUsage Read(WireReader reader) => new(
        reader.Long(), TimeSpan.FromTicks(reader.Long()),
        reader.List(5, static from => new AccountUsage(from.Text(), from.Long(), from.Long(), from.Long(), from.Int())));

    public static void WriteSpending(WireWriter writer, SpendingTold told) => writer.List(told.Accounts.AsSpan(), static (to, account) =>
    {
        to.Text(account.Account);
        to.Long(account.ThousandthsOfRequests);
        to.Long(account.Tokens);
    });

    public static SpendingTold ReadSpending(WireReader reader) => new(reader.List(3, static from => new AccountSpending(from.Text(), from.Long(), from.Long())));
}
