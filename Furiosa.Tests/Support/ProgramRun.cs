using System.Diagnostics;

namespace Furiosa.Tests.Support;

/// <summary>A run of the real program to its end.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">What it printed.</param>
/// <param name="Error">What it complained about.</param>
internal sealed record ProgramRun(int ExitCode, string Output, string Error)
{
    /// <summary>How the program is started, without its arguments.</summary>
    public static ProcessStartInfo StartInfo(params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "furiosa-llm.dll");
        // Whoever started the tests in the background may have had SIGINT ignored, which children inherit.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        // A process that a test kills would leave its debugger's pipes behind.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return start;
    }

    public static Task<ProgramRun> ToEndAsync(params string[] arguments) => ToEndAsync(StartInfo(arguments));

    /// <param name="start">The program.</param>
    /// <param name="input">What it reads from standard input; null for this process's own.</param>
    /// <param name="longest">How long it may take; null for a minute.</param>
    public static async Task<ProgramRun> ToEndAsync(ProcessStartInfo start, string? input = null, TimeSpan? longest = null)
    {
        start.RedirectStandardInput = input is not null;
        using var timeout = new CancellationTokenSource(longest ?? TimeSpan.FromMinutes(3));
        using var process = Process.Start(start)!;
        try
        {
            if (input is not null)
            {
                await process.StandardInput.WriteAsync(input);
                process.StandardInput.Close();
            }
            var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
            var error = process.StandardError.ReadToEndAsync(timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            return new ProgramRun(process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
