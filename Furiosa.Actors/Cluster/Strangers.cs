using Akka.Actor;

namespace Furiosa.Actors.Cluster;

/// <summary>
/// Addresses that are not of this node's cluster and to which it makes itself known all the same: seed nodes always, and for a while nodes
/// that were removed, so that the sides of a split find each other. Who has left by itself asks a seed node when it comes back.
/// </summary>
internal sealed class Strangers
{
    // As long as a split may last whose other side knows none of the seed nodes.
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    private const int Most = 64;

    private readonly HashSet<Address> _seeds;
    private readonly HashSet<Address> _away;
    private readonly Dictionary<Address, TimeSpan> _removed = [];

    public Strangers(IEnumerable<Address> seeds)
    {
        _seeds = [.. seeds];
        _away = [.. _seeds];
    }

    /// <summary>Whether somebody at an address was removed from this node's cluster and has not come back.</summary>
    public bool WasRemoved(Address address) => _removed.ContainsKey(address);

    /// <summary>Somebody at an address is of the cluster now.</summary>
    public void Came(Address address)
    {
        _away.Remove(address);
        _removed.Remove(address);
    }

    /// <summary>Somebody at an address is of the cluster no more.</summary>
    /// <param name="address">The address.</param>
    /// <param name="wasRemoved">Whether the cluster removed it: it may live on elsewhere, and not know.</param>
    /// <param name="now">The time, from any beginning.</param>
    public void Went(Address address, bool wasRemoved, TimeSpan now)
    {
        if (_seeds.Contains(address)) _away.Add(address);
        if (!wasRemoved) return;
        if (_removed.Count >= Most) _removed.Remove(_removed.MinBy(entry => entry.Value).Key);
        _removed[address] = now;
    }

    /// <summary>Whom to tell of this node.</summary>
    /// <param name="probes">Whether those that were removed are due, which are told more rarely.</param>
    /// <param name="now">The time.</param>
    public IEnumerable<Address> ToTell(bool probes, TimeSpan now)
    {
        var away = _away.Where(address => !_removed.ContainsKey(address));
        return probes ? away.Concat(_removed.Where(entry => _away.Contains(entry.Key) || now - entry.Value < Memory).Select(entry => entry.Key)) : away;
    }
}
