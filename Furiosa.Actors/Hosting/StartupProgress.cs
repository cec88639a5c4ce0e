namespace Furiosa.Actors.Hosting;

/// <summary>One step of start-up, for the console.</summary>
/// <param name="Phase">What is being done.</param>
/// <param name="Message">One line in plain words.</param>
/// <param name="Fraction">How much of the phase is done, from 0 to 1.</param>
public sealed record StartupProgress(StartupPhase Phase, string Message, double Fraction);

/// <summary>The phases of start-up, in order.</summary>
public enum StartupPhase
{
    /// <summary>Devices are parsed and PEs are placed.</summary>
    Mesh,

    /// <summary>Model files are opened and checked.</summary>
    Model,

    /// <summary>Memory is planned.</summary>
    Memory,

    /// <summary>Each stage packs its layers and makes its KV cache.</summary>
    Stages,

    /// <summary>The node joins its cluster.</summary>
    Cluster,

    /// <summary>Requests are served.</summary>
    Serving,
}
