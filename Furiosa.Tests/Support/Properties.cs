using FsCheck;
using FsCheck.Fluent;

namespace Furiosa.Tests.Support;

/// <summary>Checks a property over generated values with a fixed seed, so that a failure comes back on the next run.</summary>
internal static class Properties
{
    public static void ForAll<T>(Gen<T> generator, Action<T> check, int cases = 500) => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(cases).WithReplay(20260131, 7),
        Prop.ForAll(generator.ToArbitrary(), check));
}
