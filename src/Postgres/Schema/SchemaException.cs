namespace ImageBuilder.Postgres.Schema;

/// <summary>The database does not have the schema that this version of the service needs; the message says what to do.</summary>
public sealed class SchemaException(string message) : Exception(message);
