using Furiosa.Device.Links;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Gateway.Cluster;

[TestFixture]
internal sealed class CertificatesCommandTests
{
    [Test]
    public async Task Certificates_TwoNodesAndLaterAThird_KnowEachOther()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "pki");

        var first = await ProgramRun.ToEndAsync("cluster", "certificates", "--directory", path, "gateway", "10.0.0.2");
        var later = await ProgramRun.ToEndAsync("cluster", "certificates", "--directory", path, "--days", "30", "device-3.example");

        Assert.That((first.ExitCode, first.Error, later.ExitCode, later.Error), Is.EqualTo((0, "", 0, "")));
        Assert.That(first.Output, Does.Contain("made now").And.Contain("node 10.0.0.2, valid for 825 days"));
        Assert.That(later.Output, Does.Contain("as it was").And.Contain("valid for 30 days"));
        string[] nodes = ["gateway", "10.0.0.2", "device-3.example"];
        foreach (var node in nodes)
        {
            using var own = ClusterCertificates.Load(Path.Combine(path, "ca.crt"), Path.Combine(path, node + ".crt"), Path.Combine(path, node + ".key"));
            Assert.That(own.Node.HasPrivateKey);
        }
        if (!OperatingSystem.IsWindows())
        {
            foreach (var key in Directory.GetFiles(path, "*.key"))
                Assert.That(File.GetUnixFileMode(key), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite), key);
        }
    }

    [TestCase("'../evil' is no name for a node", "../evil")]
    [TestCase("'ca' is no name for a node", "ca")]
    [TestCase("--days is 0: give 1 to 3650", "--days", "0", "node")]
    [TestCase("'certificates' needs NODE", new string[0])]
    public async Task Certificates_OfWrongArguments_SaysWhatIsWrongAndWritesNothing(string said, params string[] arguments)
    {
        using var directory = new TemporaryDirectory();

        var run = await ProgramRun.ToEndAsync(["cluster", "certificates", "--directory", directory.Path, .. arguments]);

        Assert.That(run.ExitCode, Is.Not.Zero);
        Assert.That(run.Error, Does.Contain(said));
        Assert.That(Directory.GetFiles(directory.Path), Is.Empty);
    }

    [Test]
    public async Task Certificates_AuthorityWithoutItsKey_IsNotReplaced()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("ca.crt", "anything");

        var run = await ProgramRun.ToEndAsync("cluster", "certificates", "--directory", directory.Path, "node");

        Assert.That(run.ExitCode, Is.Not.Zero);
        Assert.That(run.Error, Does.Contain("only one of ca.crt and ca.key"));
    }
}
