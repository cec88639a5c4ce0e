using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Furiosa.Device.Mesh;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Mesh;

public sealed partial class DeviceSpecTests
{
    [TestCase("npu:0", "npu:0:*")]
    [TestCase("npu:0:*", "npu:0:*")]
    [TestCase("npu:1:3", "npu:1:3")]
    [TestCase("npu:0:0-3", "npu:0:0-3")]
    [TestCase("npu:0:4-4", "npu:0:4")]
    [TestCase("npu:10:0-1,npu:2:0-1", "npu:2:0-1,npu:10:0-1")]
    [TestCase(" npu:0:0 , npu:0:1 ", "npu:0:0-1")]
    [TestCase("npu:0:0,npu:0:*,npu:0:0", "npu:0:*")]
    [TestCase("npu:0:1,npu:0:2", "npu:0:1,npu:0:2")]
    [TestCase("cpu", "npu:0:*")]
    [TestCase("cpu:2,cpu:0", "npu:0:*,npu:2:*")]
    [TestCase("npu:1023:7", "npu:1023:7")]
    public void Parse_ValidText_SortsByNumberAndMerges(string text, string expected) =>
        Assert.That(DeviceSpec.Format(DeviceSpec.Parse(text)), Is.EqualTo(expected));

    [TestCase("", "No devices are given")]
    [TestCase("  ", "No devices are given")]
    [TestCase("npu1:0-7", "Invalid device string: 'npu1:0-7'")]
    [TestCase("npu", "Invalid device string: 'npu'")]
    [TestCase("npu:", "Invalid device string")]
    [TestCase("npu:0:", "Invalid device string")]
    [TestCase("npu:0:0:0", "Invalid device string")]
    [TestCase("npu:0,", "Invalid device string: ''")]
    [TestCase(",npu:0", "Invalid device string: ''")]
    [TestCase("NPU:0", "Invalid device string")]
    [TestCase("gpu:0", "Invalid device string")]
    [TestCase("rngd:0:4", "Invalid device string")]
    [TestCase("cpu:0:1", "Invalid device string")]
    [TestCase("npu:0:0-", "Invalid device string")]
    [TestCase("npu:0:0-1-2", "Invalid device string")]
    [TestCase("npu:0:**", "Invalid device string")]
    [TestCase("npu:x", "Invalid npu index: 'x'")]
    [TestCase("npu:-1", "Invalid npu index: '-1'")]
    [TestCase("npu:*:0", "Invalid npu index: '*'")]
    [TestCase("npu:1024", "Invalid npu index: '1024'")]
    [TestCase("npu:99999999999999999999", "Invalid npu index")]
    [TestCase("npu:0:8", "Invalid pe index: '8'")]
    [TestCase("npu:0:0-8", "Invalid pe index: '8'")]
    [TestCase("npu:0:99999999999", "Invalid pe index")]
    [TestCase("npu:0:1-2", "Invalid pe index range: 1-2")]
    [TestCase("npu:0:0-2", "Invalid pe index range: 0-2")]
    [TestCase("npu:0:3-2", "Invalid pe index range: 3-2")]
    [TestCase("npu:0:7-0", "Invalid pe index range: 7-0")]
    [TestCase("npu:0:2-5", "Invalid pe index range: 2-5")]
    [TestCase("cuda:0", "no CUDA back end in this build")]
    [TestCase("cuda", "Invalid device string: 'cuda'")]
    [TestCase("cuda:x", "Invalid device string")]
    [TestCase("cpu,npu:0:1", "All devices must be the same kind")]
    [TestCase("npu:0\n:1", "Invalid npu index")]
    public void Parse_InvalidText_SaysWhatIsWrongInOneLine(string text, string expected)
    {
        var error = Assert.Throws<DeviceSpecException>(() => DeviceSpec.Parse(text));

        Assert.That(error.Message, Does.Contain(expected).And.Not.Contains("\n"));
    }

    [Test]
    public void Parse_AnyValidList_IsTheSortedUnionOfItsItems() => Properties.ForAll(ValidLists(), items =>
    {
        var text = string.Join(",", items.Select(item => item.Text));
        var expected = items.SelectMany(item => item.Pes).Distinct().OrderBy(pe => pe.Device).ThenBy(pe => pe.Pe);

        Assert.That(DeviceSpec.Parse(text), Is.EqualTo(expected), text);
    });

    [Test]
    public void Format_AnyPes_ParsesBackToThem() => Properties.ForAll(ValidLists(), items =>
    {
        PeId[] pes = [.. items.SelectMany(item => item.Pes).Distinct().Order()];

        Assert.That(DeviceSpec.Parse(DeviceSpec.Format(pes)), Is.EqualTo(pes));
    });

    // The grammar as one regular expression is the twin: whatever it accepts must parse, whatever it refuses must be refused.
    [Test]
    public void Parse_AnyText_IsAcceptedExactlyWhenTheGrammarDoes() => Properties.ForAll(Mangled(), text =>
    {
        bool accepted;
        try
        {
            accepted = DeviceSpec.Parse(text).Count > 0;
        }
        catch (DeviceSpecException)
        {
            accepted = false;
        }

        Assert.That(accepted, Is.EqualTo(NpuList().IsMatch(text) || CpuList().IsMatch(text)), $"'{text}'");
    }, 5000);

    private sealed record Item(string Text, PeId[] Pes);

    private static Gen<Item[]> ValidLists() => ValidItems().NonEmptyListOf().Select(items => items.Take(12).ToArray());

    private static Gen<Item> ValidItems() =>
        from device in Gen.Choose(0, 20)
        from size in Gen.Elements(0, 1, 2, 4, 8)
        from slot in Gen.Choose(0, 7)
        from form in Gen.Choose(0, 3)
        from left in Gen.Elements("", " ", "  ")
        from right in Gen.Elements("", " ")
        select Make(device, size, slot, form, left, right);

    private static Item Make(int device, int size, int slot, int form, string left, string right)
    {
        if (size == 0) return new Item($"{left}npu:{device}{(form % 2 == 0 ? "" : ":*")}{right}", Range(device, 0, 8));
        var start = slot / size * size;
        var range = size == 1 && form % 2 == 0 ? $"{start}" : $"{start}-{start + size - 1}";
        return new Item($"{left}npu:{device}:{range}{right}", Range(device, start, size));
    }

    private static PeId[] Range(int device, int start, int size) => [.. Enumerable.Range(start, size).Select(pe => new PeId(device, pe))];

    // Random texts seldom come near the grammar; valid ones with a few characters changed do.
    private static Gen<string> Mangled() =>
        from items in ValidLists()
        from edits in Gen.Choose(0, 3)
        from places in Gen.Choose(0, 1000).ArrayOf(edits)
        from letters in Gen.Elements("npucd:*-, 0123456789x".ToCharArray()).ArrayOf(edits)
        from insert in Gen.Elements(true, false)
        select Mangle(string.Join(",", items.Take(3).Select(item => item.Text)), places, letters, insert);

    private static string Mangle(string text, int[] places, char[] letters, bool insert)
    {
        for (var i = 0; i < places.Length && text.Length > 0; i++)
        {
            var place = places[i] % text.Length;
            text = text[..place] + letters[i] + text[(place + (insert ? 0 : 1))..];
        }

        return text;
    }

    private const string Index = "0*([0-9]|[1-9][0-9]{1,2}|10[01][0-9]|102[0-3])";
    private const string Pe = @"(\*|0*[0-7]|0*0-0*0|0*1-0*1|0*2-0*2|0*3-0*3|0*4-0*4|0*5-0*5|0*6-0*6|0*7-0*7|0*0-0*1|0*2-0*3|0*4-0*5|0*6-0*7|0*0-0*3|0*4-0*7|0*0-0*7)";
    private const string NpuItem = " *npu:" + Index + "(:" + Pe + ")? *";
    private const string CpuItem = " *cpu(:" + Index + ")? *";

    [GeneratedRegex("^" + NpuItem + "(," + NpuItem + ")*$")]
    private static partial Regex NpuList();

    [GeneratedRegex("^" + CpuItem + "(," + CpuItem + ")*$")]
    private static partial Regex CpuList();
}
