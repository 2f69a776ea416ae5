using System.Globalization;
using System.Text.Json;
using ImageBuilder.Grains;
using ImageBuilder.Postgres;
using Npgsql;
using Orleans.Runtime;
using Orleans.Storage;

namespace ImageBuilder.Silo.Storage;

/// <summary>
/// Keeps states in the rows that Orleans' provider keeps, as the JSON that <see cref="FileGrainStorage"/> writes. What the provider leaves to others is here: states of
/// equal names of different grains apart, states that cannot be read, and a database that is away for seconds.
/// </summary>
/// <param name="rows">Orleans' provider.</param>
/// <param name="database">Where its table is.</param>
/// <param name="serviceId">The service whose rows these are.</param>
/// <param name="clock">Times what is tried again.</param>
internal sealed class PostgresGrainStorage(IGrainStorage rows, NpgsqlDataSource database, string serviceId, TimeProvider clock) : IGrainStorage, IUnreadableStates
{
    // Whoever reads waits for an answer and may ask again; a write that is given up may leave a build to the next activation.
    private readonly DatabaseRetry _reading = new(TimeSpan.FromSeconds(5), clock);
    private readonly DatabaseRetry _writing = new(TimeSpan.FromSeconds(20), clock);

    /// <exception cref="CorruptGrainStateException">What is stored is no such state.</exception>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var stored = await TryAsync(_reading, _ => ReadAsync(stateName, grainId));
        grainState.State = stored.RecordExists ? Parse<T>(stored.State!.Json, stateName, grainId) : Activator.CreateInstance<T>();
        grainState.ETag = stored.ETag;
        grainState.RecordExists = stored.RecordExists;
    }

    /// <exception cref="InconsistentStateException">The database holds another version than the one that was read.</exception>
    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        // Now, in the grain's turn: while the database is busy other turns may change the state.
        var payload = new StatePayload { Json = JsonSerializer.SerializeToUtf8Bytes(grainState.State, GrainStateJson.Options) };
        var etag = grainState.ETag;
        grainState.ETag = await TryAsync(_writing, async isRepeated => (isRepeated ? await FindWrittenAsync(stateName, grainId, payload, etag) : null)
            ?? await WriteAsync(stateName, grainId, payload, etag));
        grainState.RecordExists = true;
    }

    /// <exception cref="InconsistentStateException">The database holds another version than the one that was read.</exception>
    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var etag = grainState.ETag;
        await TryAsync(_writing, async isRepeated =>
        {
            var stored = etag is null || isRepeated ? await ReadAsync(stateName, grainId) : null;
            if (stored is { RecordExists: false })
            {
                return false;
            }

            // Without a version the provider would remove whatever is there.
            return etag is null ? throw Inconsistent(stateName, grainId, stored!.ETag, etag) : await ClearAsync(stateName, grainId, etag);
        });
        grainState.State = Activator.CreateInstance<T>();
        grainState.ETag = null;
        grainState.RecordExists = false;
    }

    /// <inheritdoc />
    public async Task<string?> SetAsideAsync(string stateName, GrainId grain)
    {
        var stored = await TryAsync(_reading, _ => ReadAsync(stateName, grain));
        if (!stored.RecordExists)
        {
            return null;
        }

        // No version is given twice, so neither is this name.
        var kept = $"{NameOf(stateName, grain.Type)}/unreadable/{stored.ETag}";
        await TryAsync(_writing, async _ =>
        {
            await using var command = database.CreateCommand("UPDATE orleans_state SET state = $4 WHERE service = $1 AND state = $2 AND version = $3");
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = serviceId });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = NameOf(stateName, grain.Type) });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = int.Parse(stored.ETag!, CultureInfo.InvariantCulture) });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = kept });
            return await command.ExecuteNonQueryAsync();
        });
        return $"the row of table orleans_state with state '{kept}'";
    }

    /// <inheritdoc />
    public Task<IReadOnlyList<GrainId>> FindAsync(string stateName, GrainType type) => TryAsync<IReadOnlyList<GrainId>>(_reading, async _ =>
    {
        await using var command = database.CreateCommand("SELECT number_0, number_1, extension FROM orleans_state WHERE service = $1 AND state = $2 AND payload IS NOT NULL");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = serviceId });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = NameOf(stateName, type) });
        await using var found = await command.ExecuteReaderAsync();
        var grains = new List<GrainId>();
        while (await found.ReadAsync())
        {
            grains.Add(GrainId.Create(type, KeyOf(found.GetInt64(0), found.GetInt64(1), found.GetString(2))));
        }

        return grains;
    });

    private static string NameOf(string stateName, GrainType type) => $"{type}/{stateName}";

    // The provider does not say which kind of key it took apart; of GUIDs, none that is random begins with eight zeros.
    private static IdSpan KeyOf(long number0, long number1, string extension)
    {
        if (extension.Length > 0)
        {
            return IdSpan.Create(extension);
        }

        return number0 == 0
            ? GrainIdKeyExtensions.CreateIntegerKey(number1)
            : GrainIdKeyExtensions.CreateGuidKey(new Guid([.. BitConverter.GetBytes(number0), .. BitConverter.GetBytes(number1)]));
    }

    private static T Parse<T>(byte[] json, string stateName, GrainId grain)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, GrainStateJson.Options) ?? throw Corrupt(stateName, grain, "the state is null", cause: null);
        }
        catch (Exception error) when (error is JsonException or NotSupportedException)
        {
            throw Corrupt(stateName, grain, $"the state is no {typeof(T).Name} ({error.Message})", error);
        }
    }

    private static CorruptGrainStateException Corrupt(string stateName, GrainId grain, string problem, Exception? cause) =>
        new($"table orleans_state, state '{NameOf(stateName, grain.Type)}' of {grain}", problem, cause);

    private static InconsistentStateException Inconsistent(string stateName, GrainId grain, string? stored, string? etag) => new(
        $"The database holds version {stored ?? "none"} of state '{stateName}' of {grain}; the grain has read {etag ?? "none"}.", stored, etag);

    private async Task<GrainState<StatePayload>> ReadAsync(string stateName, GrainId grain)
    {
        var stored = new GrainState<StatePayload>(new StatePayload());
        await rows.ReadStateAsync(NameOf(stateName, grain.Type), grain, stored);
        return stored;
    }

    private async Task<string> WriteAsync(string stateName, GrainId grain, StatePayload payload, string? etag)
    {
        var state = new GrainState<StatePayload>(payload, etag) { RecordExists = etag is not null };
        await rows.WriteStateAsync(NameOf(stateName, grain.Type), grain, state);
        return state.ETag!;
    }

    private async Task<bool> ClearAsync(string stateName, GrainId grain, string etag)
    {
        await rows.ClearStateAsync(NameOf(stateName, grain.Type), grain, new GrainState<StatePayload>(new StatePayload(), etag) { RecordExists = true });
        return true;
    }

    /// <summary>The version that an earlier try has written although its answer was lost; null when it has written nothing.</summary>
    private async Task<string?> FindWrittenAsync(string stateName, GrainId grain, StatePayload payload, string? etag)
    {
        var stored = await ReadAsync(stateName, grain);
        return stored.ETag != etag && stored.RecordExists && stored.State!.Json.AsSpan().SequenceEqual(payload.Json) ? stored.ETag : null;
    }

    /// <exception cref="StoreUnavailableException">The database is away.</exception>
    private static Task<T> TryAsync<T>(DatabaseRetry retry, Func<bool, Task<T>> operation) => retry.RunAsync(
        operation, error => new StoreUnavailableException($"the database with the states is away: {error.Message}"), CancellationToken.None);
}
