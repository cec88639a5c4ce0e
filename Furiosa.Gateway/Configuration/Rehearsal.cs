using Furiosa.Actors.Cluster;
using Furiosa.Actors.Hosting;
using Furiosa.Gateway.Cli;
using Furiosa.Gateway.Hosting;

namespace Furiosa.Gateway.Configuration;

/// <summary>
/// Tries what a start does with settings that are right by themselves: the files and addresses that they name, the model's headers,
/// tokenizer and template. Listens nowhere and reads no weights.
/// </summary>
internal static class Rehearsal
{
    /// <param name="settings">With the model's directory; empty where it has to be fetched first, and is not looked at.</param>
    /// <returns>A line for each problem, in the words of the start.</returns>
    public static IReadOnlyList<string> Problems(FuriosaSettings settings)
    {
        var (http, admin, runtime) = (settings.Http, settings.Admin, settings.Runtime);
        var problems = new List<string>();
        if (http.CertificateFile is not null) Try(() => ServerCertificate.Load(http, TimeProvider.System));
        Try(() => HttpListening.Resolve(ListenAddress.ForClients(http)));
        if (admin.Enabled) Try(() => HttpListening.Resolve(ListenAddress.ForAdmins(admin, 0)));
        Try(() => problems.AddRange(StartRehearsal.Problems(runtime)));
        if (runtime.ModelDirectory.Length > 0 && runtime.Role.HasFlag(NodeRoles.Gateway)) Try(() => ModelText.Load(settings));
        return [.. problems.Distinct()];

        void Try(Action start)
        {
            try
            {
                start();
            }
            catch (Exception error) when (ServeRunner.Explain(error) is { } known)
            {
                problems.Add(known.Message);
            }
        }
    }
}
