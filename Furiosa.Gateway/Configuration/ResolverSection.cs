using Furiosa.Actors.Cluster;

namespace Furiosa.Gateway.Configuration;

/// <summary>Reads which split-brain resolver a cluster has.</summary>
internal static class ResolverSection
{
    private const string Key = "furiosa.cluster.split-brain-resolver";
    private const string QuorumKey = "furiosa.cluster.quorum-size";
    private const string Own = "furiosa";

    // Whoever knows Akka may have written it where Akka has it.
    private const string AkkaKey = "akka.cluster.split-brain-resolver.active-strategy";
    private const string AkkaQuorumKey = "akka.cluster.split-brain-resolver.static-quorum.quorum-size";

    public static SplitBrainResolver Read(SettingReader reader)
    {
        string[] names = [Own, .. SplitBrainResolver.Strategies];
        var (name, from) = (reader.OneOf(Key, names), Key);
        if (reader.Has(AkkaKey) && reader.Text(AkkaKey) is { } given)
        {
            if (!SplitBrainResolver.Strategies.Contains(given)) reader.Problem(AkkaKey, $"is '{given}', but must be one of {string.Join(", ", SplitBrainResolver.Strategies)}");
            else if (name != Own && name != given) reader.Problem(AkkaKey, $"is {given} and {Key} is {name}: give one of them");
            (name, from) = (given, AkkaKey);
        }
        if (name == Own)
        {
            if (reader.Integer(QuorumKey, 1, 1000) is not null) reader.Problem(QuorumKey, $"is of use with {Key} = {SplitBrainResolver.StaticQuorum} only");
            return SplitBrainResolver.Own;
        }
        var quorum = reader.Integer(QuorumKey, 1, 1000) ?? (reader.Has(AkkaQuorumKey) ? reader.Integer(AkkaQuorumKey, 1, 1000) : null);
        if (name == SplitBrainResolver.StaticQuorum && quorum is null) reader.Problem(from, $"needs {QuorumKey}: the number of nodes that a side must have to go on, more than half of all that there ever are");
        if (name != SplitBrainResolver.StaticQuorum && quorum is not null) reader.Problem(QuorumKey, $"is of use with {Key} = {SplitBrainResolver.StaticQuorum} only");
        return new SplitBrainResolver(name, quorum ?? 0);
    }
}
