using Furiosa.Gateway.Limits;

namespace Furiosa.Gateway.Hosting;

/// <summary>Where and how clients are answered, for what the admin listener shows of it.</summary>
/// <param name="Address">E.g. <c>http://0.0.0.0:8000</c>.</param>
/// <param name="Options">How.</param>
/// <param name="Keys">Whom.</param>
internal sealed record ClientListener(string Address, HttpOptions Options, KeyRing Keys);
