using System.Text;
using System.Text.Json;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Credentials;

/// <summary>
/// The part of a docker config file that is about credentials. <c>auths</c>, <c>{"host":{"auth":"…"}}</c>, holds them itself: an entry has
/// <c>auth</c> (base64 of "user:password", the user ending at the first ":"), or <c>username</c> and <c>password</c>, or <c>identitytoken</c>,
/// or <c>registrytoken</c>; an entry with none of them is passed over. <c>credHelpers</c>, <c>{"host":"name"}</c>, and <c>credsStore</c>,
/// <c>"name"</c>, name programs that have them, for one registry and for all.
/// </summary>
public sealed class DockerConfig
{
    /// <summary>Deeper documents are refused; a docker config has four levels.</summary>
    private const int MaximumDepth = 64;

    /// <summary>Each may mean a process, so there are fewer of them than of credentials.</summary>
    private const int MaximumHelpers = 1000;

    private readonly SpelledHosts<RegistryCredential> _auths;
    private readonly SpelledHosts<CredentialHelperName> _helpers;

    private DockerConfig(SpelledHosts<RegistryCredential> auths, SpelledHosts<CredentialHelperName> helpers, CredentialHelperName? store)
    {
        _auths = auths;
        _helpers = helpers;
        Store = store;
    }

    /// <summary>
    /// The hosts with a credential in the file or a helper of their own, each once, normalised as <see cref="RegistryHost.Normalise"/> does it.
    /// What is in <see cref="Store"/> is not among them.
    /// </summary>
    public IReadOnlyCollection<string> Hosts => [.. _auths.Hosts.Union(_helpers.Hosts)];

    /// <summary>The helper that may have a credential for any registry; null when there is none.</summary>
    internal CredentialHelperName? Store { get; }

    /// <summary>Reads a docker config.</summary>
    /// <exception cref="CredentialsException">It is not JSON of that form; the message names the entry, never its value.</exception>
    public static DockerConfig Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaximumDepth });
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object
                ? new DockerConfig(ReadAuths(root), ReadHelpers(root), ReadStore(root))
                : throw new CredentialsException("it is not a JSON object");
        }
        catch (JsonException e)
        {
            // The parser's own text may quote the document.
            throw new CredentialsException($"it is not JSON of at most {MaximumDepth} levels (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})");
        }
        catch (InvalidOperationException)
        {
            throw new CredentialsException("it has text that is not UTF-8");
        }
    }

    /// <summary>
    /// The credential in the file for <paramref name="host"/>: the entry spelled so, else the first whose normalised host is the same; null when
    /// there is none.
    /// </summary>
    public RegistryCredential? Find(string host) => _auths.Find(host);

    /// <summary>The helpers to ask for <paramref name="host"/> before the file itself, in order: the registry's own, then <see cref="Store"/>.</summary>
    internal IReadOnlyList<CredentialHelperName> HelpersFor(string host) => (_helpers.Find(host), Store) switch
    {
        (null, null) => [],
        (null, { } store) => [store],
        ({ } own, null) => [own],
        ({ } own, { } store) => own == store ? [own] : [own, store],
    };

    private static SpelledHosts<RegistryCredential> ReadAuths(JsonElement root) =>
        new(from entry in Entries(root, "auths") let credential = ReadEntry(entry) where credential is not null select KeyValuePair.Create(entry.Name, credential));

    private static SpelledHosts<CredentialHelperName> ReadHelpers(JsonElement root)
    {
        var entries = Entries(root, "credHelpers").ToList();
        return entries.Count <= MaximumHelpers
            ? new(from entry in entries let helper = ReadHelper(entry.Value, $"credHelpers[\"{Shown.Text(entry.Name)}\"]") where helper is not null select KeyValuePair.Create(entry.Name, helper))
            : throw new CredentialsException($"\"credHelpers\" has more than {MaximumHelpers} entries");
    }

    private static CredentialHelperName? ReadStore(JsonElement root) =>
        root.TryGetProperty("credsStore", out var store) ? ReadHelper(store, "\"credsStore\"") : null;

    private static CredentialHelperName? ReadHelper(JsonElement value, string place) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String when value.GetString() is { Length: > 0 } name => CredentialHelperName.TryParse(name, out var helper)
            ? helper
            : throw new CredentialsException($"{place} is not the name of a credential helper: {CredentialHelperName.Rule}"),
        JsonValueKind.String => null,
        _ => throw new CredentialsException($"{place} is not a string"),
    };

    private static JsonElement.ObjectEnumerator Entries(JsonElement root, string name) =>
        !root.TryGetProperty(name, out var entries) || entries.ValueKind == JsonValueKind.Null ? default
        : entries.ValueKind == JsonValueKind.Object ? entries.EnumerateObject()
        : throw new CredentialsException($"\"{name}\" is not a JSON object");

    private static RegistryCredential? ReadEntry(JsonProperty entry)
    {
        if (entry.Value.ValueKind != JsonValueKind.Object)
        {
            throw new CredentialsException($"auths[\"{Shown.Text(entry.Name)}\"] is not a JSON object");
        }

        var (username, password) = (Text(entry, "username"), Text(entry, "password"));
        if (Text(entry, "auth") is { } auth)
        {
            (username, password) = Decode(auth) ?? throw new CredentialsException(
                $"auths[\"{Shown.Text(entry.Name)}\"].auth is not base64 of \"user:password\"");
        }

        var credential = new RegistryCredential
        {
            Username = username,
            Password = password,
            IdentityToken = Text(entry, "identitytoken"),
            RegistryToken = Text(entry, "registrytoken"),
        };
        return credential == new RegistryCredential() ? null : credential;
    }

    private static string? Text(JsonProperty entry, string name) =>
        !entry.Value.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind != JsonValueKind.String ? throw new CredentialsException($"auths[\"{Shown.Text(entry.Name)}\"].{name} is not a string")
        : value.GetString() is { Length: > 0 } text ? text : null;

    private static (string Username, string Password)? Decode(string auth)
    {
        var bytes = new byte[auth.Length];
        if (!Convert.TryFromBase64String(auth, bytes, out var length))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(bytes, 0, length);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        // Old docker clients padded the password with zero bytes.
        return colon < 0 ? null : (text[..colon], text[(colon + 1)..].Trim('\0'));
    }
}
