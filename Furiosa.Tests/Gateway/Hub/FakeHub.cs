using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Furiosa.Tests.Gateway.Hub;

/// <summary>A local server that speaks the hub's protocol for one model; large files are kept by a second one, as the hub's are.</summary>
internal sealed class FakeHub : IAsyncDisposable
{
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";
    private const int LargeFrom = 1000;

    private WebApplication _hub = null!;
    private WebApplication _storage = null!;

    public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>Bytes after which the storage breaks a connection off, once for each entry.</summary>
    public ConcurrentQueue<int> Cuts { get; } = new();

    /// <summary>How many answers of the storage are to hold another content.</summary>
    public int Spoilt { get; set; }

    /// <summary>Whether the storage knows ranges.</summary>
    public bool Ranges { get; set; } = true;

    /// <summary>What every request is refused with: status, and the hub's name for the reason.</summary>
    public (int Status, string Code)? Refusal { get; set; }

    /// <summary>What was asked for: host, method, path, range, authorization.</summary>
    public ConcurrentQueue<(string Host, string Method, string Path, string Range, string Authorization)> Requests { get; } = new();

    public Uri Endpoint => new(Address(_hub) + "/");

    public static async Task<FakeHub> StartAsync()
    {
        var hub = new FakeHub();
        hub._storage = await StartAsync(hub.StoreAsync);
        hub._hub = await StartAsync(hub.AnswerAsync);
        return hub;
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        await _storage.DisposeAsync();
    }

    public static string ETagOf(byte[] content) => content.Length >= LargeFrom
        ? Convert.ToHexStringLower(SHA256.HashData(content))
        : Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));

    private static string Address(WebApplication app) => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    private static async Task<WebApplication> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        return app;
    }

    private void Note(string host, HttpContext context) =>
        Requests.Enqueue((host, context.Request.Method, context.Request.Path, context.Request.Headers.Range.ToString(), context.Request.Headers.Authorization.ToString()));

    private async Task AnswerAsync(HttpContext context)
    {
        Note("hub", context);
        var path = context.Request.Path.Value!;
        if (Refusal is { } refusal)
        {
            context.Response.StatusCode = refusal.Status;
            context.Response.Headers["X-Error-Code"] = refusal.Code;
            return;
        }
        if (path is "/api/models/org/name/revision/main" or "/api/models/org/name/revision/" + Commit)
        {
            var list = string.Join(',', Files.Keys.Select(name => $"{{\"rfilename\": \"{name}\"}}"));
            await context.Response.WriteAsync($"{{\"sha\": \"{Commit}\", \"siblings\": [{list}]}}");
            return;
        }
        var prefix = $"/org/name/resolve/{Commit}/";
        if (!path.StartsWith(prefix, StringComparison.Ordinal) || !Files.TryGetValue(path[prefix.Length..], out var content))
        {
            context.Response.StatusCode = 404;
            context.Response.Headers["X-Error-Code"] = path.Contains("/revision/", StringComparison.Ordinal) ? "RevisionNotFound" : "EntryNotFound";
            return;
        }
        context.Response.Headers["X-Repo-Commit"] = Commit;
        if (content.Length < LargeFrom)
        {
            context.Response.Headers.ETag = $"\"{ETagOf(content)}\"";
            context.Response.ContentLength = content.Length;
            if (context.Request.Method == "GET") await context.Response.Body.WriteAsync(content);
            return;
        }
        context.Response.StatusCode = 302;
        context.Response.Headers["X-Linked-Etag"] = $"\"{ETagOf(content)}\"";
        context.Response.Headers["X-Linked-Size"] = content.Length.ToString(CultureInfo.InvariantCulture);
        context.Response.Headers.Location = $"{Address(_storage)}/{path[prefix.Length..]}?signature=x";
    }

    private async Task StoreAsync(HttpContext context)
    {
        Note("storage", context);
        var content = Files[context.Request.Path.Value![1..]];
        if (Spoilt > 0)
        {
            Spoilt--;
            content = [.. content.Select(value => (byte)(value ^ 1))];
        }
        var (from, to) = (0, content.Length);
        if (Ranges && context.Request.GetTypedHeaders().Range is { } range && range.Ranges.First() is { } asked)
        {
            from = (int)(asked.From ?? 0);
            to = asked.To is { } last ? Math.Min(content.Length, (int)last + 1) : content.Length;
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes {from}-{to - 1}/{content.Length}";
        }
        context.Response.ContentLength = to - from;
        if (Cuts.TryDequeue(out var cut) && cut < to - from)
        {
            await context.Response.Body.WriteAsync(content.AsMemory(from, cut));
            await context.Response.Body.FlushAsync();
            context.Abort();
            return;
        }
        await context.Response.Body.WriteAsync(content.AsMemory(from, to - from));
    }
}
