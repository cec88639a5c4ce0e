using System.Security.Cryptography;

namespace Furiosa.Device.Links;

/// <summary>The connections that this node waits for. Each is taken once; whatever else comes is refused with a reason.</summary>
internal sealed class LinkExpectations
{
    private readonly Lock _gate = new();
    private readonly Dictionary<LinkHello, Expected> _expected = [];

    /// <summary>Waits for a connection until the returned object is disposed.</summary>
    public IDisposable Add(LinkHello hello, ReadOnlyMemory<byte> secret, Action<LinkConnection> accepted)
    {
        var expected = new Expected(secret.ToArray(), accepted);
        lock (_gate)
        {
            if (!_expected.TryAdd(hello, expected)) throw new InvalidOperationException($"{hello} is waited for already.");
        }
        return new Registration(this, hello);
    }

    /// <summary>Finds whom a connection is for; a reason when nobody waits for it.</summary>
    public string? Take(LinkHello hello, ReadOnlySpan<byte> secret, out Action<LinkConnection> accepted)
    {
        accepted = static connection => connection.Dispose();
        lock (_gate)
        {
            if (!_expected.TryGetValue(hello, out var expected)) return Reason(hello);
            if (!CryptographicOperations.FixedTimeEquals(expected.Secret, secret)) return $"the secret for epoch {hello.Epoch} of {hello.Group} is wrong";
            if (expected.IsTaken) return $"lane {hello.Lane} of epoch {hello.Epoch} of {hello.Group} is open already";
            expected.IsTaken = true;
            accepted = expected.Accepted;
            return null;
        }
    }

    private string Reason(LinkHello hello)
    {
        var others = _expected.Keys.Where(known => known.Group == hello.Group).ToList();
        if (others.Count == 0) return $"nothing is known here of {hello.Group}";
        var epoch = others.Max(known => known.Epoch);
        return hello.Epoch == epoch
            ? $"lane {hello.Lane} from {hello.From} to {hello.To} is no part of epoch {epoch} of {hello.Group}"
            : $"epoch {hello.Epoch} of {hello.Group} is over: epoch {epoch} is under way";
    }

    private sealed record Expected(byte[] Secret, Action<LinkConnection> Accepted)
    {
        public bool IsTaken { get; set; }
    }

    private sealed class Registration(LinkExpectations owner, LinkHello hello) : IDisposable
    {
        public void Dispose()
        {
            lock (owner._gate) owner._expected.Remove(hello);
        }
    }
}
