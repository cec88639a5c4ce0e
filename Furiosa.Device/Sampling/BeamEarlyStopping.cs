namespace Furiosa.Device.Sampling;

/// <summary>When a beam search may end before its length limit: the three values of Hugging Face's <c>early_stopping</c>.</summary>
public enum BeamEarlyStopping
{
    /// <summary><c>false</c>: when the best running beam, at its present length, scores no better than the worst finished one.</summary>
    Heuristic,

    /// <summary><c>true</c>: as soon as there are as many finished hypotheses as beams.</summary>
    AtWidth,

    /// <summary><c>"never"</c>: when no running beam can become better than the worst finished one at any length.</summary>
    Never,
}
