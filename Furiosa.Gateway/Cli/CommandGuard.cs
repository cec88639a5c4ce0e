using Furiosa.Actors.Hosting;
using Furiosa.Device.Loading;
using Furiosa.Gateway.Configuration;
using Furiosa.Gateway.OpenAi;
using Furiosa.Gateway.Text;

namespace Furiosa.Gateway.Cli;

/// <summary>Runs commands: what their user can do something about is one line on standard error and an exit code, never a stack.</summary>
internal static class CommandGuard
{
    /// <summary>What a command exits with where its arguments were right and something else failed.</summary>
    public const int Failure = 1;

    /// <returns>
    /// What the command gave; 2 where its arguments are wrong (<see cref="FormatException"/>), 1 where a server, a file or a model fails.
    /// </returns>
    public static async Task<int> RunAsync(Func<Task<int>> command)
    {
        try
        {
            return await command();
        }
        catch (Exception error) when (ExitCodeOf(error) is { } code)
        {
            Complain(error.Message);
            return code;
        }
    }

    /// <summary>Says what is wrong, in one line.</summary>
    public static void Complain(string problem) => Console.Error.WriteLine($"furiosa-llm: {problem.ReplaceLineEndings(" ")}");

    private static int? ExitCodeOf(Exception error) => error switch
    {
        ConfigurationException wrong => wrong.ExitCode,
        FormatException or RuntimeConfigurationException => ConfigurationException.BadUsage,
        IOException or InvalidDataException or UnauthorizedAccessException or HttpRequestException or ApiException => Failure,
        ModelTextException or ChatTemplateException or ModelFormatException or RuntimeStartException => Failure,
        System.Text.Json.JsonException or Newtonsoft.Json.JsonException => Failure,
        _ => null,
    };
}
