namespace Furiosa.Gateway.Admin;

/// <summary>Adds endpoints to the admin listener: one class for each feature, listed in <see cref="AdminModules"/>.</summary>
internal interface IAdminModule
{
    /// <summary>Called once, before the model is loaded.</summary>
    void Map(AdminRoutes routes);
}
