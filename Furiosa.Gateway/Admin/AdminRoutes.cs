using Furiosa.Gateway.Hosting;

namespace Furiosa.Gateway.Admin;

/// <summary>Where modules put their endpoints.</summary>
/// <param name="Api">Endpoints under <c>/admin/api</c>, which need the admin key where one is set: map <c>/cluster</c> for <c>/admin/api/cluster</c>.</param>
/// <param name="Pages">Everything else, open to whoever reaches the listener: files of the console, health. Map whole paths here.</param>
/// <param name="State">The server, its model and its runtime, which are null until they are loaded.</param>
/// <param name="Clients">Where clients are answered; null where they are not.</param>
internal sealed record AdminRoutes(IEndpointRouteBuilder Api, IEndpointRouteBuilder Pages, ServerState State, ClientListener? Clients);
