namespace Furiosa.Gateway.Chat;

/// <summary>Has Ctrl-C end the answer that is being written; while none is, it ends the program as always.</summary>
internal sealed class AnswerBreaker : IDisposable
{
    private CancellationTokenSource? _answer;

    public AnswerBreaker() => Console.CancelKeyPress += OnPress;

    /// <summary>An answer begins.</summary>
    /// <returns>Cancelled by Ctrl-C until <see cref="End"/>.</returns>
    public CancellationToken Begin() => (_answer = new CancellationTokenSource()).Token;

    /// <summary>The answer has ended.</summary>
    public void End() => Interlocked.Exchange(ref _answer, null)?.Dispose();

    public void Dispose() => Console.CancelKeyPress -= OnPress;

    private void OnPress(object? sender, ConsoleCancelEventArgs press)
    {
        if (Interlocked.Exchange(ref _answer, null) is not { } running) return;
        press.Cancel = true;
        running.Cancel();
    }
}
