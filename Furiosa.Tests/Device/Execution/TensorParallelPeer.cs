using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Furiosa.Device.Execution;
using Furiosa.Tests.Device.Models;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Execution;

/// <summary>The second process of a tensor-parallel group of four: ranks 2 and 3, linked by a socket on the loopback.</summary>
internal static class TensorParallelPeer
{
    public const string Mode = "tensor-parallel-peer";

    public static readonly int[] Prompt = [.. Enumerable.Range(0, 37).Select(i => 3 + (i * 53 + 11) % 250)];

    /// <summary>Connects, runs the schedule and prints the digest of all logits.</summary>
    public static int Run(int port, string model)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, port);
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = model });
        using var runner = new ReplicaRunner(host, 4, [2, 3], Link([2, 3], socket, [0, 1]));
        Console.WriteLine(Digest(runner));
        return 0;
    }

    /// <summary>A link over a connected socket.</summary>
    public static SocketTensorParallelLink Link(int[] local, Socket socket, int[] remote) => new(local, [(LinkPair.Of(socket), remote)], 1 << 26);

    /// <summary>Prefill in pieces, then single tokens: every process of the group runs the same steps.</summary>
    public static string Digest(ReplicaRunner runner)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Add(float[][] logits)
        {
            foreach (float[] row in logits) hash.AppendData(MemoryMarshal.AsBytes(row.AsSpan()));
        }

        Add(runner.Extend(Prompt[..20], 0));
        Add(runner.Extend(Prompt[20..30], 20));
        for (int i = 30; i < Prompt.Length; i++) Add(runner.Extend([Prompt[i]], i));
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
