using Akka.TestKit;

namespace Furiosa.Tests.Support;

/// <summary>Joins Akka's test kit to NUnit.</summary>
internal sealed class NUnitAssertions : ITestKitAssertions
{
    public void Fail(string format = "", params object[] args) => Assert.Fail(args.Length == 0 ? format : string.Format(null, format, args));

    public void AssertTrue(bool condition, string format = "", params object[] args)
    {
        if (!condition) Fail(format, args);
    }

    public void AssertFalse(bool condition, string format = "", params object[] args) => AssertTrue(!condition, format, args);

    public void AssertEqual<T>(T expected, T actual, string format = "", params object[] args) => Assert.That(actual, Is.EqualTo(expected), format);

    public void AssertEqual<T>(T expected, T actual, Func<T, T, bool> comparer, string format = "", params object[] args) =>
        AssertTrue(comparer(expected, actual), format, args);

    public Exception AssertThrows(Action action) => AssertThrows<Exception>(action);

    public TException AssertThrows<TException>(Action action) where TException : Exception => Assert.Catch<TException>(action.Invoke)!;

    public Task<Exception> AssertThrowsAsync(Func<Task> action) => AssertThrowsAsync<Exception>(action);

    public Task<TException> AssertThrowsAsync<TException>(Func<Task> action) where TException : Exception =>
        Task.FromResult(Assert.CatchAsync<TException>(action.Invoke)!);
}
