using System.Numerics;

namespace Furiosa.Gateway.Text.Tokenizers.Models;

/// <summary>
/// The tokens of a model and their ids. Characters lie end to end in one array beside a table of places: a dictionary would keep a string
/// for each of a hundred thousand tokens. Tokens are numbered in the order in which they were added; reading is thread-safe.
/// </summary>
internal sealed class Vocabulary
{
    private const int UsualCharacters = 8;

    private char[] _characters;
    private int[] _ends;
    private int[] _ids;

    // One more than the number of the token that is found there, by open addressing; 0 for none.
    private int[] _places;

    /// <param name="capacity">How many tokens are expected.</param>
    public Vocabulary(int capacity = 0)
    {
        capacity = Math.Max(capacity, 16);
        _characters = new char[UsualCharacters * capacity];
        _ends = new int[capacity];
        _ids = new int[capacity];
        _places = new int[BitOperations.RoundUpToPowerOf2((uint)capacity * 2)];
    }

    /// <summary>Number of tokens.</summary>
    public int Count { get; private set; }

    /// <summary>The largest id; -1 where there is no token.</summary>
    public int LargestId => Count == 0 ? -1 : _ids.Take(Count).Max();

    /// <summary>A token's text.</summary>
    /// <param name="number">From 0 to below <see cref="Count"/>.</param>
    public ReadOnlySpan<char> Token(int number) => _characters.AsSpan((number == 0 ? 0 : _ends[number - 1]).._ends[number]);

    /// <summary>A token's id.</summary>
    /// <param name="number">From 0 to below <see cref="Count"/>.</param>
    public int Id(int number) => _ids[number];

    /// <summary>Finds a token.</summary>
    public bool TryGetValue(ReadOnlySpan<char> token, out int id)
    {
        var number = _places[Place(token)] - 1;
        id = number < 0 ? 0 : _ids[number];
        return number >= 0;
    }

    /// <summary>The id of a token, or null.</summary>
    public int? Find(ReadOnlySpan<char> token) => TryGetValue(token, out var id) ? id : null;

    /// <summary>Adds a token; one that is there already gets the new id.</summary>
    public void Set(ReadOnlySpan<char> token, int id)
    {
        if (!TryAdd(token, id)) _ids[_places[Place(token)] - 1] = id;
    }

    /// <summary>Adds a token unless it is there already.</summary>
    /// <returns>Whether it was added.</returns>
    public bool TryAdd(ReadOnlySpan<char> token, int id)
    {
        var place = Place(token);
        if (_places[place] != 0) return false;
        var start = Count == 0 ? 0 : _ends[Count - 1];
        if (start + token.Length > _characters.Length) Array.Resize(ref _characters, Math.Max(2 * _characters.Length, start + token.Length));
        if (Count == _ends.Length)
        {
            Array.Resize(ref _ends, 2 * Count);
            Array.Resize(ref _ids, 2 * Count);
        }

        token.CopyTo(_characters.AsSpan(start));
        (_ends[Count], _ids[Count]) = (start + token.Length, id);
        _places[place] = ++Count;
        if (2 * Count > _places.Length) Grow();
        return true;
    }

    // Where a token is or, if it is not there, where it would be.
    private int Place(ReadOnlySpan<char> token)
    {
        var mask = _places.Length - 1;
        var place = string.GetHashCode(token) & mask;
        while (_places[place] is not 0 and var found && !Token(found - 1).SequenceEqual(token)) place = (place + 1) & mask;
        return place;
    }

    private void Grow()
    {
        _places = new int[2 * _places.Length];
        for (var number = 0; number < Count; number++) _places[Place(Token(number))] = number + 1;
    }
}
