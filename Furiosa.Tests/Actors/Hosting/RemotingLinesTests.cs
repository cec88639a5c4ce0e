using Akka.Event;
using Furiosa.Actors.Hosting;

namespace Furiosa.Tests.Actors.Hosting;

internal sealed class RemotingLinesTests
{
    [TestCase("Tried to associate with unreachable remote address [akka.tcp://furiosa@127.0.0.1:1]. Address is now gated for 300 ms")]
    [TestCase("Association with remote system akka.tcp://furiosa@127.0.0.1:1 has failed; address is now gated for 300 ms.")]
    [TestCase("Disassociated")]
    [TestCase("Couldn't join seed nodes after [2] attempts, will try again. seed-nodes=[...]")]
    public void Of_WhatIsSaidElsewhere_IsForWhoeverLooksForIt(string text) =>
        Assert.That(RemotingLines.Of(LogLevel.ErrorLevel, text, null).Level, Is.EqualTo(LogLevel.DebugLevel));

    [Test]
    public void Of_BytesOfAStranger_IsOneLine()
    {
        var cause = new InvalidOperationException("outside", new FormatException("not an SSL/TLS record: 2e00\n"));

        var line = RemotingLines.Of(LogLevel.ErrorLevel, "TLS handshake failed on channel [1.2.3.4:5]\nServer-side TLS troubleshooting:\n - ...", cause);

        Assert.That(line, Is.EqualTo(new RemotingLine(
            LogLevel.WarningLevel, "What a connection brought was refused: TLS handshake failed on channel [1.2.3.4:5]: not an SSL/TLS record: 2e00 ", null)));
        Assert.That(RemotingLines.Of(LogLevel.ErrorLevel, "Error caught channel " + new string('x', 10_000), new FormatException("a negative length")).Text, Has.Length.LessThan(400));
    }

    [TestCase("TLS handshake failed on channel [..]", "The remote certificate was rejected by the provided RemoteCertificateValidationCallback.")]
    [TestCase("Error caught channel [..]", "not an SSL/TLS record: 2e00")]
    public void Of_RefusalThatHasALineOfItsOwn_IsForWhoeverLooksForIt(string text, string cause) =>
        Assert.That(RemotingLines.Of(LogLevel.ErrorLevel, text, new InvalidOperationException(cause)).Level, Is.EqualTo(LogLevel.DebugLevel));

    [Test]
    public void Of_AnythingElse_IsAsItWas()
    {
        var cause = new InvalidOperationException("a fault of ours");

        Assert.That(RemotingLines.Of(LogLevel.ErrorLevel, "A group's member failed", cause), Is.EqualTo(new RemotingLine(LogLevel.ErrorLevel, "A group's member failed", cause)));
        Assert.That(RemotingLines.Of(LogLevel.InfoLevel, "Disassociated", null).Level, Is.EqualTo(LogLevel.InfoLevel));
    }
}
