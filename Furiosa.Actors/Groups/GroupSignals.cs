using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Groups;

// What a member of a group tells itself.

/// <summary>All data connections are open.</summary>
internal sealed record GroupConnected(long Epoch) : ILocalMessage;

/// <summary>A data connection ended, or could not be had.</summary>
internal sealed record GroupBroken(string Reason, GroupDeath Death) : ILocalMessage;
