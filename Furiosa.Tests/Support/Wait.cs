namespace Furiosa.Tests.Support;

/// <summary>Waits for a condition, and fails when it never comes.</summary>
internal static class Wait
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>Asks again and again, at the pace given, until it is true.</summary>
    public static async Task UntilAsync(Func<bool> condition, TimeSpan? pace = null)
    {
        using var timeout = new CancellationTokenSource(Longest);
        using var timer = new PeriodicTimer(pace ?? TimeSpan.FromMilliseconds(5));
        while (!condition()) await timer.WaitForNextTickAsync(timeout.Token);
    }
}
