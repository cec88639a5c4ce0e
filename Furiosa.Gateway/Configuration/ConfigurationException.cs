namespace Furiosa.Gateway.Configuration;

/// <summary>The server cannot start as it was asked to. The message says what is wrong and what would be right, one line for each problem.</summary>
internal class ConfigurationException(string message, int exitCode = ConfigurationException.BadUsage) : Exception(message)
{
    public const int BadUsage = 2;

    /// <summary>What the process exits with: 2 for what the admin wrote, 1 for what the machine or the model's files lack.</summary>
    public int ExitCode => exitCode;
}
