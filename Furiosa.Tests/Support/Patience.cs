namespace Furiosa.Tests.Support;

/// <summary>How long tests wait for what must come: long enough for a machine that is many times slower than usual.</summary>
internal static class Patience
{
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(4);
}
