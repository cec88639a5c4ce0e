using FsCheck.Fluent;
using Furiosa.Device.Sampling;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Sampling;

public sealed class TopSelectorTests
{
    [Test]
    public void Select_AnyRow_AgreesWithSortingIt()
    {
        var selector = new TopSelector(); // reused on purpose
        var rows =
            from values in Gen.Elements(-3f, -1, 0, 0.5f, 2, 7, float.NegativeInfinity).Or(Gen.Choose(-1000, 1000).Select(value => value / 7f)).NonEmptyListOf()
            from repeat in Gen.Choose(1, 20)
            from count in Gen.Choose(0, 300)
            select (Row: Enumerable.Repeat(values, repeat).SelectMany(value => value).ToArray(), count);

        Properties.ForAll(rows, test =>
        {
            var expected = test.Row.Select((value, id) => (value, id)).Where(each => each.value > float.NegativeInfinity)
                .OrderByDescending(each => each.value).ThenBy(each => each.id).Take(test.count).ToArray();

            selector.Select(test.Row, test.count);

            Assert.That(selector.Ids.ToArray(), Is.EqualTo(expected.Select(each => each.id)));
            Assert.That(selector.Values.ToArray(), Is.EqualTo(expected.Select(each => each.value)));
        }, 1000);
    }
}
