using Furiosa.Actors.Grammar;
using Furiosa.Actors.Serialization;
using Furiosa.Device.Grammar;

namespace Furiosa.Actors.Groups;

/// <summary>
/// Grammars that one node gives another over a connection: each goes once, as long as it is among the last ones used, and is a small
/// number afterwards. The giving side decides; both keep one of these and go through the same frames in the same order.
/// </summary>
internal sealed class GrammarSlots
{
    private const int Count = 64;

    private readonly ByteGrammar?[] _grammars = new ByteGrammar?[Count];
    private readonly long[] _lastUse = new long[Count];
    private long _uses;

    public void Write(WireWriter writer, ByteGrammar grammar)
    {
        var slot = Array.FindIndex(_grammars, known => known?.Key == grammar.Key);
        var isNew = slot < 0;
        if (isNew) slot = Array.IndexOf(_lastUse, _lastUse.Min());
        (_grammars[slot], _lastUse[slot]) = (grammar, ++_uses);
        writer.Int(slot);
        writer.Bool(isNew);
        if (isNew) GrammarForm.Write(writer, grammar.ToProtocol());
    }

    public ByteGrammar Read(WireReader reader)
    {
        var slot = reader.Int();
        if (slot is < 0 or >= Count) throw reader.Malformed($"there is no slot {slot} for a grammar");
        if (reader.Bool()) _grammars[slot] = GrammarForm.ReadDevice(reader);
        return _grammars[slot] ?? throw reader.Malformed($"slot {slot} holds no grammar");
    }
}
