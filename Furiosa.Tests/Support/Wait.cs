namespace Furiosa.Tests.Support;

/// <summary>Waits for a condition, and fails when it never comes.</summary>
internal static class Wait
{
    /// <summary>Asks again and again, at the pace given, until it is true.</summary>
    public static async Task UntilAsync(Func<bool> condition, TimeSpan? pace = null)
    {
        using var timeout = new CancellationTokenSource(Patience.Longest);
        using var timer = new PeriodicTimer(pace ?? TimeSpan.FromMilliseconds(5));
        while (!condition()) await timer.WaitForNextTickAsync(timeout.Token);
    }
}
