namespace Furiosa.Tests.Support;

/// <summary>Waits for what another thread will bring about.</summary>
internal static class Eventually
{
    /// <summary>The same for a condition that takes a while to look at.</summary>
    public static async Task IsTrueAsync(Func<Task<bool>> condition, string what)
    {
        using var patience = new CancellationTokenSource(Patience.Longest);
        while (!await condition())
        {
            if (patience.IsCancellationRequested) Assert.Fail($"It did not come about: {what}");
            await Task.Delay(20, CancellationToken.None);
        }
    }

    /// <summary>Returns as soon as the condition holds; fails when it never does.</summary>
    public static async Task IsTrue(Func<bool> condition, string what)
    {
        using var patience = new CancellationTokenSource(Patience.Longest);
        while (!condition())
        {
            if (patience.IsCancellationRequested) Assert.Fail($"It did not come about: {what}");
            await Task.Delay(2, CancellationToken.None);
        }
    }
}
