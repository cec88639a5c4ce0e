using Akka.Actor.Setup;
using Akka.Event;
using Akka.Remote.Transport.DotNetty;
using Furiosa.Device.Links;

namespace Furiosa.Actors.Cluster;

/// <summary>Secures what nodes tell each other: both sides of a connection show a certificate of the cluster's own authority.</summary>
internal static class ClusterTransport
{
    public static ActorSystemSetup Secure(ActorSystemSetup setup, ClusterCertificates certificates) => setup.And(new DotNettySslSetup(
        certificates.Node, suppressValidation: false, requireMutualAuthentication: true,
        (certificate, _, peer, _, log) =>
        {
            if (certificates.Refusal(certificate) is not { } refusal) return true;
            log.Warning("A connection with {Peer} was refused: its certificate ({Subject}) is not good in this cluster: {Refusal}", peer, certificate?.Subject ?? "none", refusal);
            return false;
        }));
}
