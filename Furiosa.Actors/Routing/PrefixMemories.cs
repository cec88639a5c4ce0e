namespace Furiosa.Actors.Routing;

/// <summary>What each replica was sent.</summary>
internal sealed class PrefixMemories
{
    private const int BlocksRemembered = 1 << 16;

    private readonly Dictionary<object, PrefixMemory> _memories = [];

    public PrefixMemory Of(object key)
    {
        if (!_memories.TryGetValue(key, out var memory)) _memories.Add(key, memory = new PrefixMemory(BlocksRemembered));
        return memory;
    }

    public void Forget(object key) => _memories.Remove(key);
}
