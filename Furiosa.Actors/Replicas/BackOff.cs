namespace Furiosa.Actors.Replicas;

/// <summary>How long to wait before a group is made again, and when to give up: a step that succeeds forgives all.</summary>
internal sealed class BackOff(ReplicaSettings settings)
{
    private int _failures;

    /// <summary>A step succeeded.</summary>
    public void Succeeded() => _failures = 0;

    /// <summary>The next wait, or null when it was tried too often.</summary>
    public TimeSpan? Next()
    {
        if (++_failures > settings.LoadAttempts) return null;
        var wait = settings.FirstBackOff * Math.Pow(2, Math.Min(_failures - 1, 30));
        return wait < settings.LongestBackOff ? wait : settings.LongestBackOff;
    }
}
