using Furiosa.Tests.Actors.Scheduling;
using Furiosa.Tests.Support;
using Furiosa.Tests.Support.HashModel;

namespace Furiosa.Tests.Actors.Groups;

/// <summary>Each node has the states of its own stages, and hears of each step which of them it reads and writes.</summary>
internal sealed class SpreadStatesTests
{
    [TestCase("A B", false)]
    [TestCase("A B A", false)]
    [TestCase("A B", true)]
    public async Task Generate_StagesOnSeveralNodes_EqualTheReference(string stages, bool dies)
    {
        await using var replica = await SpreadReplica.StartAsync(stages, new(() => new HashModelHost { MaxModelLen = 512, StateBytesPerSlot = 1 }));
        var random = new Random(3);
        var requests = Enumerable.Range(0, 24).Select(i => Requests.Random(random, $"r{i}", 120)).ToList();

        var answers = requests.Select(request => replica.Runtime.RunAsync(request)).ToList();
        if (dies) replica.KillMember('B');
        await Task.WhenAll(answers);

        foreach (var (request, answer) in requests.Zip(answers))
        {
            var beams = request.Beams is null ? null : HashReference.Beams(request, 512);
            for (var choice = 0; choice < request.ChoiceCount; choice++)
                Assert.That((await answer).Ids(choice), Is.EqualTo(beams is null ? HashReference.Choice(request, choice, 512) : beams[choice]), request.RequestId);
        }
    }
}
