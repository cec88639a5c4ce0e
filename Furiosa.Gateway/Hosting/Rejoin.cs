using Furiosa.Actors.Hosting;

namespace Furiosa.Gateway.Hosting;

/// <summary>Brings a node that its cluster has given up into it again, however often that takes.</summary>
internal static class Rejoin
{
    // What the node leaves is given time to end everywhere.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <param name="start">Starts the node's runtime anew; returns when it is a member.</param>
    /// <param name="say">Told why it was not taken.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="RuntimeStartException">The cluster refuses the node, which trying again would not change.</exception>
    public static async Task UntilTakenAsync(Func<Task> start, Action<string> say, CancellationToken cancellation)
    {
        while (true)
        {
            await Task.Delay(Pause, cancellation);
            try
            {
                await start();
                return;
            }
            catch (RuntimeStartException error) when (error.MayPass)
            {
                say($"{error.Message} It tries again.");
            }
        }
    }
}
