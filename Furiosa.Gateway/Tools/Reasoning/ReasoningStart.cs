namespace Furiosa.Gateway.Tools.Reasoning;

/// <summary>Where an answer begins with regard to its reasoning.</summary>
internal enum ReasoningStart
{
    /// <summary>There is none, or the prompt closed it.</summary>
    None,

    /// <summary>The model may open it.</summary>
    Before,

    /// <summary>The prompt opened it, or the model always begins with it.</summary>
    Inside,
}
