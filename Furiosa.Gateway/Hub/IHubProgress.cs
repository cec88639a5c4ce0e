namespace Furiosa.Gateway.Hub;

/// <summary>Is told how a download goes, from several threads.</summary>
internal interface IHubProgress
{
    /// <summary>A file begins.</summary>
    void Begin(string file, long? size);

    /// <summary>Bytes of a file came, or were there from before.</summary>
    void Add(string file, long bytes);

    /// <summary>Everything has come.</summary>
    void Done();

    /// <summary>Something that the user may want to know.</summary>
    void Note(string text);
}
