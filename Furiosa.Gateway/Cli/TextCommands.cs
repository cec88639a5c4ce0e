using Furiosa.Device.Loading;
using Furiosa.Gateway.Configuration;
using Furiosa.Gateway.OpenAi;
using Furiosa.Gateway.Text;

namespace Furiosa.Gateway.Cli;

/// <summary>Runs the commands on text: what their user can do something about is one line on standard error.</summary>
internal static class TextCommands
{
    private const int Failure = 1;

    /// <returns>0, or 1 where the input or a file is wrong, or what a mistake in the arguments calls for.</returns>
    public static async Task<int> GuardAsync(Func<Task> run)
    {
        try
        {
            await run();
            return 0;
        }
        catch (Exception error) when (error is ConfigurationException or ModelTextException or ChatTemplateException or ModelFormatException
            or ApiException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"furiosa-llm: {error.Message.ReplaceLineEndings(" ")}");
            return error is ConfigurationException wrong ? wrong.ExitCode : Failure;
        }
    }
}
