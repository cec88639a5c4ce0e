using System.Text;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Support;

/// <summary>JSON over HTTP in one call each.</summary>
internal static class HttpCalls
{
    public static async Task<(int Status, JObject Body)> PostJsonAsync(this HttpClient http, string path, JObject body)
    {
        using var response = await http.PostAsync(path, Content(body));
        return ((int)response.StatusCode, JObject.Parse(await response.Content.ReadAsStringAsync()));
    }

    public static async Task<JObject> GetJsonAsync(this HttpClient http, string path) => JObject.Parse(await http.GetStringAsync(path));

    /// <summary>Begins a stream: returns when the answer's head has come, its frames not yet read.</summary>
    public static async Task<EventStream> OpenStreamAsync(this HttpClient http, string path, JObject body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Content(new JObject(body) { ["stream"] = true }) };
        return new EventStream(await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
    }

    /// <summary>A whole stream, put together.</summary>
    public static async Task<StreamedText> StreamJsonAsync(this HttpClient http, string path, JObject body)
    {
        using var stream = await http.OpenStreamAsync(path, body);
        return await stream.ReadToEndAsync();
    }

    private static StringContent Content(JObject body) => new(body.ToString(), Encoding.UTF8, "application/json");
}
