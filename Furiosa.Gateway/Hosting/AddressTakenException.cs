using Furiosa.Gateway.Configuration;

namespace Furiosa.Gateway.Hosting;

/// <summary>Another program listens there already.</summary>
internal sealed class AddressTakenException(string message) : ConfigurationException(message, exitCode: 1);
