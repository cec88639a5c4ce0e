using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Groups;

/// <summary>Where a stage's outcomes go. Called by its actor; never waits.</summary>
internal interface IStageOutlet
{
    /// <summary>To the next stage, wherever its parts are. Takes over the hidden states.</summary>
    void Forward(RunStage step);

    /// <summary>From the last stage to the replica.</summary>
    void Complete(StepCompleted completed);

    /// <summary>How the group's connections here have ended, which also ends the step of a stage that uses them; null while they stand.</summary>
    GroupDeath? Death { get; }
}
