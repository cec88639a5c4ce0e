using Furiosa.Device.Loading;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Loading;

public sealed class ReadAheadTests
{
    [Test]
    public void Dispose_WhileItReads_LeavesTheFilesToBeClosedAndTheirBytesAsTheyWere()
    {
        using var directory = new TemporaryDirectory();
        var bytes = Enumerable.Range(0, 1 << 20).Select(i => (byte)(i * 7)).ToArray();
        string[] paths = [.. Enumerable.Range(0, 3).Select(i => Path.Combine(directory.Path, $"{i}.bin"))];
        foreach (var path in paths) File.WriteAllBytes(path, bytes);
        for (var round = 0; round < 50; round++)
        {
            MappedFile[] files = [.. paths.Select(path => MappedFile.Open(path, static _ => true).File)];
            var ahead = new ReadAhead(files);
            var read = new byte[1000];
            files[2].Read(4000, read);
            ahead.Dispose();
            foreach (var file in files) file.Dispose();
            Assert.That(read, Is.EqualTo(bytes[4000..5000]));
        }
    }
}
