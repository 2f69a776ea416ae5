namespace ImageBuilder.Silo.Storage;

/// <summary>Where a file storage keeps its states.</summary>
/// <param name="Folder">An absolute path; made when the first state is written. One process at a time uses it.</param>
internal sealed record FileGrainStorageOptions(string Folder);
